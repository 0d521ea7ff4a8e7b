// SPDX-License-Identifier: MPL-2.0
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tls.h"

bool tls_is_there(void)
{
	return true;
}

/* Say which @what was refused, and why. */
static int refused(struct redis *redis, const char *what, const char *file)
{
	const char *why = ERR_reason_error_string(ERR_get_error());

	return redis_fault(redis, BROKER_FAULT, "cannot use %s %s: %s", what,
			   file ? file : "", why ? why : "no such file");
}

/* The authorities that are trusted, and what this relay shows itself by. */
static int load_files(struct redis *redis, SSL_CTX *tls)
{
	const struct url *url = redis->broker.url;

	if (url->authority ?
	    SSL_CTX_load_verify_locations(tls, url->authority, NULL) != 1 :
	    SSL_CTX_set_default_verify_paths(tls) != 1)
		return refused(redis, "--cacert", url->authority);
	if (url->certificate &&
	    SSL_CTX_use_certificate_chain_file(tls, url->certificate) != 1)
		return refused(redis, "--cert", url->certificate);
	if (url->key &&
	    SSL_CTX_use_PrivateKey_file(tls, url->key, SSL_FILETYPE_PEM) != 1)
		return refused(redis, "--key", url->key);
	return 0;
}

/* Made once: the files are read when the relay begins. */
static int make_context(struct redis *redis)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	int error;

	if (!tls)
		return refused(redis, "TLS", NULL);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	error = load_files(redis, tls);
	if (error)
		SSL_CTX_free(tls);
	else
		redis->tls = tls;
	return error;
}

/* hiredis itself compares no name. A host may be given by its address. */
static bool expect_host(SSL *session, const char *host)
{
	X509_VERIFY_PARAM *wanted = SSL_get0_param(session);

	if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1)
		return true;
	return SSL_set1_host(session, host) == 1 &&
	       SSL_set_tlsext_host_name(session, host) == 1;
}

int tls_begin(struct redis *redis)
{
	const char *host = redis->broker.url->host;
	int error = redis->tls ? 0 : make_context(redis);
	SSL *session;

	if (error)
		return error;
	session = SSL_new(redis->tls);
	if (!session || !expect_host(session, host)) {
		SSL_free(session);
		return refused(redis, "the host", host);
	}
	if (redisInitiateSSL(redis->context, session) == REDIS_OK)
		return 0;
	SSL_free(session);
	return redis_away(redis);
}
