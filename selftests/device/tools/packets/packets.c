// SPDX-License-Identifier: MPL-2.0
/*
 * packets send FAMILY MOST FIRST N: sends UDP datagrams over loopback, of which
 * each byte follows from its number, and up to MOST bytes long.
 *
 * packets expect FAMILY MOST FIRST N SNAPLEN: a line for each of those, with
 * its length, how many bytes of it a capture has, and these.
 *
 * FAMILY is 4 or 6.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PORT	4950
#define MOST	60000
#define TTL	64

struct datagrams {
	int family;
	unsigned long most;
	unsigned long first;
	unsigned long n;
};

static void fail(const char *what)
{
	fprintf(stderr, "packets: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- a datagram ---- */

/* All lengths up to @most come up, as it has no factor with the step. */
static size_t fill(const struct datagrams *datagrams, unsigned long number,
		   unsigned char *payload)
{
	size_t len = number * 7919 % (datagrams->most + 1), i;

	for (i = 0; i < len; i++)
		payload[i] = i < 8 ? (unsigned char)(number >> (56 - 8 * i)) :
				     (unsigned char)(number * 31 + i * 7);
	return len;
}

/* ---- send ---- */

static void set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)))
		fail("setsockopt");
}

/*
 * What the kernel would choose is fixed: no identification, no flow label and
 * no checksum. Those who arrive at the socket find nobody who reads them.
 */
static int open_socket(int family)
{
	int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0)
		fail("socket");
	if (family == 4) {
		set(fd, SOL_SOCKET, SO_NO_CHECK, 1);
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
		set(fd, IPPROTO_IP, IP_TTL, TTL);
	} else {
		set(fd, IPPROTO_UDP, 101 /* UDP_NO_CHECK6_TX */, 1);
		set(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
		set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL);
	}
	return fd;
}

/*
 * Loopback has a queue per CPU: the packets of one who moves can overtake each
 * other.
 */
static void stay_on_one_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail("sched_setaffinity");
}

static void send_all(const struct datagrams *datagrams)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(PORT),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct sockaddr *to = datagrams->family == 4 ?
			      (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t to_len = datagrams->family == 4 ? sizeof(v4) : sizeof(v6);
	static unsigned char payload[MOST];
	int fd = open_socket(datagrams->family);
	unsigned long i;
	size_t len;

	stay_on_one_cpu();
	if (bind(fd, to, to_len))
		fail("bind");
	for (i = 0; i < datagrams->n; i++) {
		len = fill(datagrams, datagrams->first + i, payload);
		if (sendto(fd, payload, len, 0, to, to_len) < 0)
			fail("sendto");
	}
}

/* ---- expect ---- */

static uint16_t checksum(const void *header, size_t len)
{
	const unsigned char *bytes = header;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t put_ip4(unsigned char *to, size_t len)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(ip) + len)),
		.frag_off = htons(IP_DF),
		.ttl = TTL,
		.protocol = IPPROTO_UDP,
		.saddr = htonl(INADDR_LOOPBACK),
		.daddr = htonl(INADDR_LOOPBACK),
	};

	ip.check = checksum(&ip, sizeof(ip));
	memcpy(to, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t put_ip6(unsigned char *to, size_t len)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons((uint16_t)len),
		.ip6_nxt = IPPROTO_UDP,
		.ip6_hlim = TTL,
		.ip6_src = IN6ADDR_LOOPBACK_INIT,
		.ip6_dst = IN6ADDR_LOOPBACK_INIT,
	};

	memcpy(to, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t put_packet(const struct datagrams *datagrams,
			 unsigned long number, unsigned char *to)
{
	static unsigned char payload[MOST];
	size_t len = fill(datagrams, number, payload), at;
	struct udphdr udp = {
		.source = htons(PORT),
		.dest = htons(PORT),
		.len = htons((uint16_t)(sizeof(udp) + len)),
	};

	at = (datagrams->family == 4 ? put_ip4 : put_ip6)(to,
							  sizeof(udp) + len);
	memcpy(to + at, &udp, sizeof(udp));
	memcpy(to + at + sizeof(udp), payload, len);
	return at + sizeof(udp) + len;
}

static void print(const unsigned char *packet, size_t len, size_t snaplen)
{
	static const char digits[] = "0123456789abcdef";
	static char hex[2 * (MOST + 100) + 1];
	size_t i;

	if (snaplen > len)
		snaplen = len;
	for (i = 0; i < snaplen; i++) {
		hex[2 * i] = digits[packet[i] >> 4];
		hex[2 * i + 1] = digits[packet[i] & 15];
	}
	hex[2 * i] = '\0';
	printf("%zu\t%zu\t%s\n", len, snaplen, hex);
}

static void expect(const struct datagrams *datagrams, size_t snaplen)
{
	static unsigned char packet[MOST + 100];
	unsigned long i;

	for (i = 0; i < datagrams->n; i++)
		print(packet, put_packet(datagrams, datagrams->first + i,
					 packet), snaplen);
	if (fflush(stdout))
		fail("standard output");
}

int main(int argc, char **argv)
{
	struct datagrams datagrams;

	if (argc < 6) {
		fprintf(stderr, "packets: send or expect, and its arguments\n");
		return 2;
	}
	datagrams.family = atoi(argv[2]);
	datagrams.most = strtoul(argv[3], NULL, 10);
	datagrams.first = strtoul(argv[4], NULL, 10);
	datagrams.n = strtoul(argv[5], NULL, 10);
	if (datagrams.most > MOST)
		return 2;
	if (!strcmp(argv[1], "send"))
		send_all(&datagrams);
	else if (argc == 7)
		expect(&datagrams, strtoul(argv[6], NULL, 10));
	else
		return 2;
	return 0;
}
