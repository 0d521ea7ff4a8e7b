// SPDX-License-Identifier: MPL-2.0
//! The functions of `<rusted_ring.h>` as they are, for what the safe types leave
//! out. Each has a manual page. The script `generate` makes this file.
#![allow(missing_docs, non_camel_case_types, clippy::all)]
pub const RRING_ABI_VERSION: u32 = 3;
pub const RRING_MAGIC: u32 = 1196312914;
pub const RRING_LINE: u32 = 64;
pub const RRING_PAGE: u32 = 4096;
pub const RRING_NAME_MAX: u32 = 64;
pub const RRING_POOL_CAPACITY_MAX: u32 = 16777216;
pub const RRING_XXL_CAPACITY_MAX: u32 = 4096;
pub const RRING_XXL_MAX: u32 = 1073741824;
pub const RRING_IDLE_MAX: u32 = 33554432;
pub const RRING_CLIENTS_MAX: u32 = 255;
pub const RRING_RINGS_MAX: u32 = 1023;
pub const RRING_RING_CAPACITY_MAX: u32 = 16777216;
pub const RRING_STRIDE_MIN: u32 = 64;
pub const RRING_STRIDE_MAX: u32 = 16384;
pub const RRING_CURSORS: u32 = 256;
pub const RRING_READERS: u32 = 240;
pub const RRING_RECLAIM_MAX: u32 = 4096;
pub const RRING_MAGAZINE_SLOTS: u32 = 128;
pub const RRING_RECENT_LISTS: u32 = 4;
pub const RRING_HANDLE_AGE_SHIFT: u32 = 24;
pub const RRING_HANDLE_CLASS_SHIFT: u32 = 29;
pub const RRING_HANDLE_GENERATION_SHIFT: u32 = 32;
pub const RRING_OFF_REGION_SHIFT: u32 = 52;
pub const RRING_OFF_INDEX_SHIFT: u32 = 40;
pub const RRING_OWNER_SERIAL_SHIFT: u32 = 32;
pub const RRING_OWNER_SEALED: u32 = 2147483648;
pub const RRING_OWNER_CLIENT_MASK: u32 = 255;
pub const RRING_FEATURE_OWNED: u32 = 1;
pub const RRING_FEATURE_FENCED: u32 = 2;
pub const RRING_FEATURE_REQUIRED: u32 = 65535;
pub const RRING_READERS_WAIT: u32 = 1;
pub const RRING_WRITER_WAITS: u32 = 2;
pub const RRING_HOLD: u32 = 16384;
pub const RRING_HOLDS_MASK: u32 = 2147467264;
pub const RRING_HOLDS_MAX: u32 = 65535;
pub const RRING_IN_FLIGHT: u32 = 1;
pub const RRING_IN_FLIGHT_MASK: u32 = 8191;
pub const RRING_IN_FLIGHT_MAX: u32 = 4095;
pub const RRING_PRIVATE: u32 = 8192;
pub const RRING_ASIDE: u32 = 2147483648;
pub const RRING_MOVE: u64 = 4294967296;
pub const RRING_SUMMARY_WORDS: u32 = 64;
pub const RRING_SUMMARY_ONE: u32 = 1;
pub const RRING_SUMMARY_COUNT_MASK: u32 = 134217727;
pub const RRING_SUMMARY_KEPT: u32 = 134217728;
pub const RRING_SUMMARY_MOVE: u32 = 268435456;
pub const RRING_CREATE_PERSIST: u32 = 1;
pub const RRING_CREATE_OWNED: u32 = 2;
pub const RRING_ATTACH_INTERRUPT: u32 = 1;
pub const RRING_CLOSE_AWAIT: u32 = 1;
pub const RRING_JOIN_OBSERVER: u32 = 1;
pub const RRING_JOIN_RESUME: u32 = 2;
pub const RRING_LEAVE_FORGET: u32 = 1;
pub const RRING_WAKE_READERS: u32 = 1;
pub const RRING_WAKE_WRITER: u32 = 2;
pub const RRING_WAKE_POOLS: u32 = 4;
pub const RRING_STAT_SWEEP: u32 = 1;
pub const RRING_IOC_MAGIC: u32 = 185;
pub const RRING_DEVICE: &[u8; 17usize] = b"/dev/rusted_ring\0";
pub const RRING_SINGLE_THREADED: u32 = 1;
pub const RRING_ON_DEVICE: u32 = 2;
pub const RRING_IN_PROCESS: u32 = 4;
pub const RRING_CHECKED: u32 = 32;
pub const RRING_SPILL: u32 = 8;
pub const RRING_INTERRUPTIBLE: u32 = 16;
pub const RRING_EVENT_MAX: u32 = 67108864;
pub const RRING_STATIC_RING_BYTES: u32 = 1048576;
pub const RRING_LATER: i32 = -4096;
pub const RRING_SERVICE_TYPE: &[u8; 20usize] = b"rusted_ring service\0";
pub type size_t = ::std::os::raw::c_ulong;
pub type __uint32_t = ::std::os::raw::c_uint;
pub type __uint64_t = ::std::os::raw::c_ulong;
pub type __u8 = ::std::os::raw::c_uchar;
pub type __u16 = ::std::os::raw::c_ushort;
pub type __s32 = ::std::os::raw::c_int;
pub type __u32 = ::std::os::raw::c_uint;
pub type __u64 = ::std::os::raw::c_ulonglong;
pub const RRING_XS: rring_class = 0;
pub const RRING_S: rring_class = 1;
pub const RRING_M: rring_class = 2;
pub const RRING_L: rring_class = 3;
pub const RRING_XL: rring_class = 4;
pub const RRING_XXL: rring_class = 5;
pub const RRING_POOLS: rring_class = 6;
pub type rring_class = ::std::os::raw::c_uint;
pub const RRING_OBSERVER: rring_role = 0;
pub const RRING_CONSUMER: rring_role = 1;
pub const RRING_PRODUCER: rring_role = 2;
pub const RRING_ROLES: rring_role = 3;
pub type rring_role = ::std::os::raw::c_uint;
pub const RRING_HOLD_NOTICE: rring_hold_action = 0;
pub const RRING_HOLD_EVICT: rring_hold_action = 1;
pub type rring_hold_action = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_word_t {
    pub value: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_seq_t {
    pub value: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_flag_t {
    pub value: __u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_event_header {
    pub len: __u32,
    pub event_type: __u32,
}
pub const RRING_CHANGE_OPENED: rring_change_kind = 0;
pub const RRING_CHANGE_ENDED: rring_change_kind = 1;
pub const RRING_CHANGE_AWAITED: rring_change_kind = 2;
pub const RRING_CHANGE_GONE: rring_change_kind = 3;
pub const RRING_CHANGE_JOINED: rring_change_kind = 4;
pub const RRING_CHANGE_LEFT: rring_change_kind = 5;
pub type rring_change_kind = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_change {
    pub kind: __u32,
    pub ring: __u32,
    pub ring_serial: __u32,
    pub incarnation: __u32,
    pub client: __u32,
    pub client_serial: __u32,
    pub readers: __u32,
    pub reader: __u32,
    pub ring_name: [::std::os::raw::c_char; 64usize],
    pub reader_name: [::std::os::raw::c_char; 64usize],
}
pub const RRING_REGION_ARENA: rring_region_type = 1;
pub const RRING_REGION_LEDGER: rring_region_type = 2;
pub const RRING_REGION_MAGAZINE: rring_region_type = 3;
pub const RRING_REGION_CURSORS: rring_region_type = 4;
pub const RRING_REGION_PAYLOAD: rring_region_type = 5;
pub const RRING_REGION_RING: rring_region_type = 6;
pub const RRING_REGION_XXL: rring_region_type = 7;
pub const RRING_REGION_OWN: rring_region_type = 8;
pub const RRING_REGION_HEADERS: rring_region_type = 9;
pub type rring_region_type = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_pool_info {
    pub slot_size: __u32,
    pub capacity: __u32,
    pub slot_base: __u32,
    pub batch: __u32,
    pub payload_offset: __u64,
    pub header_offset: __u64,
    pub refills: __u64,
    pub lent: __u64,
    pub reclaimed: __u64,
    pub failures: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_arena_info {
    pub magic: __u32,
    pub abi_version: __u32,
    pub features: __u32,
    pub max_clients: __u32,
    pub max_rings: __u32,
    pub slots: __u32,
    pub ring_info_offset: __u64,
    pub generation_offset: __u64,
    pub size: __u64,
    pub payload_size: __u64,
    pub xxl_offset: __u64,
    pub pool_waiters: rring_flag_t,
    pub reserved1: [__u8; 60usize],
    pub pool: [rring_pool_info; 6usize],
    pub deaths: __u64,
    pub dead_holds: __u64,
    pub laps: __u64,
    pub wakes: __u64,
    pub ledger_size: __u64,
    pub recent_offset: [__u64; 6usize],
    pub recent_entries: [__u32; 6usize],
    pub recalls: __u64,
    pub owner_offset: __u64,
    pub group_base: [__u32; 6usize],
    pub group_minimum: [__u32; 6usize],
    pub summary_offset: __u64,
    pub changes_offset: __u64,
    pub change_entries: __u32,
    pub group_bytes: __u32,
    pub changes: rring_seq_t,
    pub epoch: __u64,
    pub reserved4: [__u8; 424usize],
    pub client_serial: [rring_flag_t; 256usize],
    pub reserved3: [__u8; 1920usize],
}
pub const RRING_INLINE: rring_kind = 0;
pub const RRING_HANDLES: rring_kind = 1;
pub type rring_kind = ::std::os::raw::c_uint;
pub const RRING_BLOCK: rring_policy = 0;
pub const RRING_FAIL: rring_policy = 1;
pub const RRING_OVERWRITE: rring_policy = 2;
pub type rring_policy = ::std::os::raw::c_uint;
pub const RRING_RING_NONE: rring_ring_state = 0;
pub const RRING_RING_OPEN: rring_ring_state = 1;
pub const RRING_RING_ENDED: rring_ring_state = 2;
pub const RRING_RING_AWAITED: rring_ring_state = 3;
pub type rring_ring_state = ::std::os::raw::c_uint;
pub const RRING_READER_NONE: rring_reader_state = 0;
pub const RRING_READER_JOINING: rring_reader_state = 1;
pub const RRING_READER_LIVE: rring_reader_state = 2;
pub const RRING_READER_FROZEN: rring_reader_state = 3;
pub const RRING_READER_LAPPED: rring_reader_state = 4;
pub const RRING_READER_OBSERVER: rring_reader_state = 5;
pub const RRING_READER_CAPPED: rring_reader_state = 6;
pub const RRING_READER_CAPPED_OBSERVER: rring_reader_state = 7;
pub type rring_reader_state = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reader_info {
    pub ref_: rring_word_t,
    pub start: rring_seq_t,
}
pub const RRING_DROP_FULL: rring_drop_reason = 0;
pub const RRING_DROP_BUSY: rring_drop_reason = 1;
pub const RRING_DROP_NO_SLOT: rring_drop_reason = 2;
pub const RRING_DROP_TOO_LARGE: rring_drop_reason = 3;
pub const RRING_DROPS: rring_drop_reason = 4;
pub type rring_drop_reason = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rring_ring_info {
    pub kind: __u16,
    pub policy: __u16,
    pub serial: rring_flag_t,
    pub capacity: __u32,
    pub stride: __u32,
    pub retain: __u32,
    pub type_size: __u32,
    pub entry_offset: __u64,
    pub data_offset: __u64,
    pub size: __u64,
    pub stall_ns: __u64,
    pub kept: rring_seq_t,
    pub __bindgen_anon_1: rring_ring_info__bindgen_ty_1,
    pub waiters: rring_flag_t,
    pub readers_end: rring_flag_t,
    pub end: rring_seq_t,
    pub writer: __u32,
    pub joins: rring_flag_t,
    pub dropped: [rring_word_t; 4usize],
    pub name: [::std::os::raw::c_char; 64usize],
    pub type_name: [::std::os::raw::c_char; 64usize],
    pub readers: [rring_reader_info; 240usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union rring_ring_info__bindgen_ty_1 {
    pub __bindgen_anon_1: rring_ring_info__bindgen_ty_1__bindgen_ty_1,
    pub presence: rring_word_t,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_ring_info__bindgen_ty_1__bindgen_ty_1 {
    pub state: rring_flag_t,
    pub incarnation: rring_flag_t,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_tail {
    pub pos: rring_seq_t,
    pub reserved: [__u8; 56usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_recent {
    pub pos: rring_seq_t,
    pub reserved: [__u8; 56usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_tails {
    pub tail: [rring_tail; 6usize],
    pub recent: [[rring_recent; 4usize]; 6usize],
    pub used: rring_word_t,
    pub reserved: [__u8; 2168usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_magazine {
    pub head: rring_seq_t,
    pub floor: rring_seq_t,
    pub reserved: [__u8; 48usize],
    pub handle: [__u64; 128usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_magazines {
    pub pool: [rring_magazine; 6usize],
    pub reserved: [__u8; 1664usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_cursor {
    pub pos: rring_seq_t,
    pub told: rring_word_t,
    pub reserved: [__u8; 48usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_cursors {
    pub cursor: [rring_cursor; 256usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_ring_head {
    pub head: rring_seq_t,
    pub reserved1: [__u8; 120usize],
    pub claim: rring_seq_t,
    pub drops: rring_seq_t,
    pub passed: rring_seq_t,
    pub wanted: rring_seq_t,
    pub reserved2: [__u8; 3936usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_entry {
    pub handle: __u64,
    pub header: rring_event_header,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_create {
    pub size: __u32,
    pub flags: __u32,
    pub name: [::std::os::raw::c_char; 64usize],
    pub capacity: [__u32; 6usize],
    pub max_clients: __u32,
    pub max_rings: __u32,
    pub quota: __u32,
    pub mode: __u32,
    pub uid: __u32,
    pub gid: __u32,
    pub hold_limit: [__u32; 3usize],
    pub on_hold_limit: __u32,
    pub producers: __u32,
    pub reserved: __u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_remove {
    pub size: __u32,
    pub reserved: __u32,
    pub name: [::std::os::raw::c_char; 64usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_attach {
    pub size: __u32,
    pub role: __u32,
    pub arena_fd: __s32,
    pub flags: __u32,
    pub name: [::std::os::raw::c_char; 64usize],
    pub client: __u32,
    pub serial: __u32,
    pub arena_size: __u64,
    pub payload_size: __u64,
    pub ledger_size: __u64,
    pub magazine_size: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_refill {
    pub size: __u32,
    pub pool: __u32,
    pub count: __u32,
    pub flags: __u32,
    pub deadline: __u64,
    pub bytes: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_ring_open {
    pub size: __u32,
    pub flags: __u32,
    pub name: [::std::os::raw::c_char; 64usize],
    pub kind: __u32,
    pub policy: __u32,
    pub capacity: __u32,
    pub stride: __u32,
    pub retain: __u32,
    pub reserved: __u32,
    pub stall_ns: __u64,
    pub ring: __u32,
    pub incarnation: __u32,
    pub head: __u64,
    pub type_name: [::std::os::raw::c_char; 64usize],
    pub type_size: __u32,
    pub reserved2: __u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_ring_close {
    pub size: __u32,
    pub ring: __u32,
    pub flags: __u32,
    pub reserved: __u32,
}
pub const RRING_START_NEWEST: rring_start = 0;
pub const RRING_START_OLDEST: rring_start = 1;
pub const RRING_START_AT: rring_start = 2;
pub type rring_start = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reader_join {
    pub size: __u32,
    pub flags: __u32,
    pub ring_name: [::std::os::raw::c_char; 64usize],
    pub name: [::std::os::raw::c_char; 64usize],
    pub ring: __u32,
    pub start: __u32,
    pub position: __u64,
    pub reader: __u32,
    pub cursor: __u32,
    pub ref_: __u64,
    pub incarnation: __u32,
    pub resumed: __u32,
    pub lost: __u64,
    pub type_name: [::std::os::raw::c_char; 64usize],
    pub type_size: __u32,
    pub reserved: __u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reader_leave {
    pub size: __u32,
    pub flags: __u32,
    pub ring: __u32,
    pub reader: __u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reader_rejoin {
    pub size: __u32,
    pub ring: __u32,
    pub reader: __u32,
    pub incarnation: __u32,
    pub position: __u64,
    pub ref_: __u64,
    pub lost: __u64,
}
pub const RRING_WAIT_READABLE: rring_wait_for = 0;
pub const RRING_WAIT_WRITABLE: rring_wait_for = 1;
pub const RRING_WAIT_ANY: rring_wait_for = 2;
pub const RRING_WAIT_PEER: rring_wait_for = 3;
pub const RRING_WAIT_CHANGES: rring_wait_for = 4;
pub type rring_wait_for = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_wait {
    pub size: __u32,
    pub what: __u32,
    pub ring: __u32,
    pub reader: __u32,
    pub position: __u64,
    pub deadline: __u64,
    pub waker: __u32,
    pub reserved: __u32,
    pub more: [__u64; 3usize],
    pub changes: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_wake {
    pub size: __u32,
    pub flags: __u32,
    pub ring: __u32,
    pub pools: __u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_pool_stat {
    pub size: __u32,
    pub pool: __u32,
    pub flags: __u32,
    pub capacity: __u32,
    pub free: __u32,
    pub lent: __u32,
    pub held: __u32,
    pub charged: __u32,
    pub in_flight: __u32,
    pub high_water: __u32,
    pub failures: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_seal {
    pub size: __u32,
    pub reserved: __u32,
    pub handle: __u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reclaim {
    pub size: __u32,
    pub pool: __u32,
    pub first: __u32,
    pub count: __u32,
}
pub const RRING_BACKEND_AUTO: rring_backend = 0;
pub const RRING_BACKEND_DEVICE: rring_backend = 1;
pub const RRING_BACKEND_PROCESS: rring_backend = 2;
pub type rring_backend = ::std::os::raw::c_uint;
extern "C" {
    pub fn rring_backend() -> rring_backend;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_arena_config {
    pub name: *const ::std::os::raw::c_char,
    pub capacity: [u32; 6usize],
    pub max_clients: u32,
    pub max_rings: u32,
    pub quota: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub flags: u32,
    pub producers: u32,
    pub backend: rring_backend,
    pub hold_limit: [u32; 3usize],
    pub on_hold_limit: rring_hold_action,
}
pub const RRING_PROFILE_MOBILE: rring_profile = 0;
pub const RRING_PROFILE_DESKTOP: rring_profile = 1;
pub const RRING_PROFILE_SERVER: rring_profile = 2;
pub type rring_profile = ::std::os::raw::c_uint;
extern "C" {
    pub fn rring_profile(profile: rring_profile, capacity: *mut u32) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_detect_profile() -> rring_profile;
}
extern "C" {
    pub fn rring_arena_profile(
        config: *mut rring_arena_config,
        profile: rring_profile,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_class_for(len: size_t) -> rring_class;
}
extern "C" {
    pub fn rring_arena_create(config: *const rring_arena_config) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_arena_remove(name: *const ::std::os::raw::c_char) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_client {
    _unused: [u8; 0],
}
extern "C" {
    pub fn rring_open(
        client: *mut *mut rring_client,
        name: *const ::std::os::raw::c_char,
        role: rring_role,
        flags: ::std::os::raw::c_uint,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_open_arena(
        client: *mut *mut rring_client,
        arena_fd: ::std::os::raw::c_int,
        role: rring_role,
        flags: ::std::os::raw::c_uint,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_open_config(
        client: *mut *mut rring_client,
        config: *const rring_arena_config,
        flags: ::std::os::raw::c_uint,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_close(client: *mut rring_client);
}
extern "C" {
    pub fn rring_client_id(client: *const rring_client) -> u32;
}
extern "C" {
    pub fn rring_client_role(client: *const rring_client) -> rring_role;
}
extern "C" {
    pub fn rring_client_backend(client: *const rring_client) -> rring_backend;
}
extern "C" {
    pub fn rring_client_fd(client: *const rring_client) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_guard_evictions() -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_client_evicted(client: *const rring_client) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_pool_stat(
        client: *mut rring_client,
        pool: rring_class,
        flags: ::std::os::raw::c_uint,
        stat: *mut rring_pool_stat,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_deadline(nanoseconds_from_now: u64) -> u64;
}
extern "C" {
    pub fn rring_strerror(err: ::std::os::raw::c_int) -> *const ::std::os::raw::c_char;
}
extern "C" {
    pub fn rring_error_detail(err: ::std::os::raw::c_int) -> *const ::std::os::raw::c_char;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_event {
    pub handle: u64,
    pub data: *mut ::std::os::raw::c_void,
    pub len: u32,
    pub event_type: u32,
    pub word: *mut rring_word_t,
    pub client: *const rring_client,
}
extern "C" {
    pub fn rring_alloc_until(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        deadline: u64,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_class(
        client: *mut rring_client,
        pool: rring_class,
        len: u32,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_xs(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_s(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_m(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_l(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_xl(
        client: *mut rring_client,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_copy(
        client: *mut rring_client,
        data: *const ::std::os::raw::c_void,
        len: size_t,
        event_type: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_alloc_batch(
        client: *mut rring_client,
        pool: rring_class,
        len: u32,
        event_type: u32,
        events: *mut rring_event,
        n: u32,
    ) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_seal(client: *mut rring_client, event: *mut rring_event) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_is_sealed(
        client: *const rring_client,
        event: *const rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_resize(
        client: *mut rring_client,
        event: *mut rring_event,
        len: u32,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_trim(client: *mut rring_client);
}
extern "C" {
    pub fn rring_hold(
        client: *mut rring_client,
        event: *const rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_drop(
        client: *mut rring_client,
        event: *const rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_share(client: *mut rring_client, event: *const rring_event) -> u64;
}
extern "C" {
    pub fn rring_upgrade(
        client: *mut rring_client,
        handle: u64,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_find(
        client: *mut rring_client,
        handle: u64,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_payload(event: *const rring_event, size: size_t) -> *mut ::std::os::raw::c_void;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_writer {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reader {
    _unused: [u8; 0],
}
pub const RRING_WAIT_BLOCK: rring_strategy = 0;
pub const RRING_WAIT_SPIN: rring_strategy = 1;
pub const RRING_WAIT_YIELD: rring_strategy = 2;
pub type rring_strategy = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_type {
    pub name: *const ::std::os::raw::c_char,
    pub size: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_ring_config {
    pub name: *const ::std::os::raw::c_char,
    pub kind: rring_kind,
    pub policy: rring_policy,
    pub capacity: u32,
    pub stride: u32,
    pub retain: u32,
    pub stall_ns: u64,
    pub strategy: rring_strategy,
    pub type_: rring_type,
}
extern "C" {
    pub fn rring_writer_open(
        client: *mut rring_client,
        config: *const rring_ring_config,
        writer: *mut *mut rring_writer,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_writer_close(writer: *mut rring_writer);
}
extern "C" {
    pub fn rring_writer_leave(writer: *mut rring_writer);
}
extern "C" {
    pub fn rring_writer_client(writer: *const rring_writer) -> *mut rring_client;
}
extern "C" {
    pub fn rring_writer_ring_id(writer: *const rring_writer) -> u32;
}
extern "C" {
    pub fn rring_writer_position(writer: *const rring_writer) -> u64;
}
extern "C" {
    pub fn rring_writer_epoch(writer: *const rring_writer) -> u64;
}
extern "C" {
    pub fn rring_writer_capacity(writer: *const rring_writer) -> u32;
}
extern "C" {
    pub fn rring_writer_stride(writer: *const rring_writer) -> u32;
}
extern "C" {
    pub fn rring_publish(
        writer: *mut rring_writer,
        event: *const rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_publish_batch(
        writer: *mut rring_writer,
        events: *const rring_event,
        n: u32,
    ) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_reserve(writer: *mut rring_writer, n: u32) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_reserved(
        writer: *mut rring_writer,
        i: u32,
        len: u32,
        event_type: u32,
    ) -> *mut ::std::os::raw::c_void;
}
extern "C" {
    pub fn rring_commit(writer: *mut rring_writer, n: u32);
}
extern "C" {
    pub fn rring_add(
        writer: *mut rring_writer,
        data: *const ::std::os::raw::c_void,
        len: u32,
        event_type: u32,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_add_batch(
        writer: *mut rring_writer,
        data: *const ::std::os::raw::c_void,
        len: u32,
        event_type: u32,
        n: u32,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_publish_until(
        writer: *mut rring_writer,
        event: *const rring_event,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_publish_batch_until(
        writer: *mut rring_writer,
        events: *const rring_event,
        n: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_reserve_until(
        writer: *mut rring_writer,
        n: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_add_until(
        writer: *mut rring_writer,
        data: *const ::std::os::raw::c_void,
        len: u32,
        event_type: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_add_batch_until(
        writer: *mut rring_writer,
        data: *const ::std::os::raw::c_void,
        len: u32,
        event_type: u32,
        n: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_writer_pressure(writer: *mut rring_writer) -> f64;
}
extern "C" {
    pub fn rring_writer_under_pressure(writer: *mut rring_writer) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_writer_should_throttle(writer: *mut rring_writer) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_writer_readers(writer: *const rring_writer) -> u32;
}
extern "C" {
    pub fn rring_writer_observed(writer: *mut rring_writer, from: u64) -> u64;
}
extern "C" {
    pub fn rring_wait_writable(
        writer: *mut rring_writer,
        n: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_reader_config {
    pub ring_name: *const ::std::os::raw::c_char,
    pub ring: u32,
    pub name: *const ::std::os::raw::c_char,
    pub flags: ::std::os::raw::c_uint,
    pub start: rring_start,
    pub position: u64,
    pub strategy: rring_strategy,
    pub type_: rring_type,
}
extern "C" {
    pub fn rring_reader_open(
        client: *mut rring_client,
        config: *const rring_reader_config,
        reader: *mut *mut rring_reader,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_reader_close(reader: *mut rring_reader, forget: ::std::os::raw::c_int);
}
extern "C" {
    pub fn rring_reader_client(reader: *const rring_reader) -> *mut rring_client;
}
extern "C" {
    pub fn rring_reader_ring_id(reader: *const rring_reader) -> u32;
}
extern "C" {
    pub fn rring_reader_position(reader: *const rring_reader) -> u64;
}
extern "C" {
    pub fn rring_reader_epoch(reader: *const rring_reader) -> u64;
}
extern "C" {
    pub fn rring_reader_lost(reader: *const rring_reader) -> u64;
}
extern "C" {
    pub fn rring_reader_skip(reader: *mut rring_reader, keep: u32) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_reader_lag(reader: *mut rring_reader) -> u64;
}
extern "C" {
    pub fn rring_reader_dropped(reader: *const rring_reader, reason: rring_drop_reason) -> u64;
}
extern "C" {
    pub fn rring_reader_resumed(reader: *const rring_reader) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_reader_can_be_lapped(reader: *const rring_reader) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_reader_capacity(reader: *const rring_reader) -> u32;
}
extern "C" {
    pub fn rring_reader_kind(reader: *const rring_reader) -> rring_kind;
}
extern "C" {
    pub fn rring_reader_stride(reader: *const rring_reader) -> u32;
}
extern "C" {
    pub fn rring_reader_type(reader: *const rring_reader) -> rring_type;
}
extern "C" {
    pub fn rring_try_read(
        reader: *mut rring_reader,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_read_copy(
        reader: *mut rring_reader,
        buffer: *mut ::std::os::raw::c_void,
        size: size_t,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_read_keep(
        reader: *mut rring_reader,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
pub type rring_handler_t = ::std::option::Option<
    unsafe extern "C" fn(
        context: *mut ::std::os::raw::c_void,
        event: *const rring_event,
    ) -> ::std::os::raw::c_int,
>;
extern "C" {
    pub fn rring_read_batch(
        reader: *mut rring_reader,
        handler: rring_handler_t,
        context: *mut ::std::os::raw::c_void,
        max: u32,
    ) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_wait_readable(reader: *mut rring_reader, deadline: u64) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_peek(reader: *mut rring_reader, n: u32) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_entry(
        reader: *mut rring_reader,
        i: u32,
        event: *mut rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_keep(
        reader: *mut rring_reader,
        event: *const rring_event,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_release(reader: *mut rring_reader, n: u32) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_release_to(reader: *mut rring_reader, position: u64) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_set {
    _unused: [u8; 0],
}
pub const RRING_FAIR: rring_order = 0;
pub const RRING_BY_PRIORITY: rring_order = 1;
pub const RRING_BY_TIMESTAMP: rring_order = 2;
pub type rring_order = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_set_config {
    pub order: rring_order,
    pub strategy: rring_strategy,
    pub timestamp: ::std::option::Option<unsafe extern "C" fn(event: *const rring_event) -> u64>,
}
extern "C" {
    pub fn rring_set_open(
        client: *mut rring_client,
        config: *const rring_set_config,
        set: *mut *mut rring_set,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_set_close(set: *mut rring_set);
}
extern "C" {
    pub fn rring_set_add(
        set: *mut rring_set,
        reader: *mut rring_reader,
        priority: u32,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_set_remove(
        set: *mut rring_set,
        reader: *mut rring_reader,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_set_try_read(
        set: *mut rring_set,
        event: *mut rring_event,
        from: *mut *mut rring_reader,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_set_peek(set: *mut rring_set, n: u32) -> ::std::os::raw::c_long;
}
extern "C" {
    pub fn rring_set_entry(
        set: *mut rring_set,
        i: u32,
        event: *mut rring_event,
        from: *mut *mut rring_reader,
        position: *mut u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_set_release(set: *mut rring_set, n: u32) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_set_wait(set: *mut rring_set, deadline: u64) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_pipe {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_pipe_config {
    pub name: *const ::std::os::raw::c_char,
    pub kind: rring_kind,
    pub capacity: u32,
    pub stride: u32,
    pub strategy: rring_strategy,
    pub type_: rring_type,
}
extern "C" {
    pub fn rring_pipe_create(
        client: *mut rring_client,
        config: *const rring_pipe_config,
        pipe: *mut *mut rring_pipe,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_pipe_connect(
        client: *mut rring_client,
        config: *const rring_pipe_config,
        pipe: *mut *mut rring_pipe,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_pipe_close(pipe: *mut rring_pipe);
}
extern "C" {
    pub fn rring_pipe_send(
        pipe: *mut rring_pipe,
        data: *const ::std::os::raw::c_void,
        len: size_t,
        event_type: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_pipe_receive(
        pipe: *mut rring_pipe,
        event: *mut rring_event,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_pipe_wait_writable(
        pipe: *mut rring_pipe,
        n: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_pipe_writer(pipe: *const rring_pipe) -> *mut rring_writer;
}
extern "C" {
    pub fn rring_pipe_reader(pipe: *const rring_pipe) -> *mut rring_reader;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_watch {
    _unused: [u8; 0],
}
extern "C" {
    pub fn rring_watch_open(
        client: *mut rring_client,
        prefix: *const ::std::os::raw::c_char,
        watch: *mut *mut rring_watch,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_watch_close(watch: *mut rring_watch);
}
extern "C" {
    pub fn rring_watch_next(
        watch: *mut rring_watch,
        change: *mut rring_change,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_watch_type(
        watch: *const rring_watch,
        change: *const rring_change,
        name: *mut ::std::os::raw::c_char,
    ) -> u32;
}
extern "C" {
    pub fn rring_watch_missed(watch: *const rring_watch) -> u64;
}
extern "C" {
    pub fn rring_await_ring(
        client: *mut rring_client,
        name: *const ::std::os::raw::c_char,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_listener {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_listener_config {
    pub name: *const ::std::os::raw::c_char,
    pub kind: rring_kind,
    pub capacity: u32,
    pub stride: u32,
    pub strategy: rring_strategy,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_session {
    pub client: u32,
    pub client_serial: u32,
    pub user: *mut ::std::os::raw::c_void,
}
pub const RRING_CALL_BEGIN: rring_call_kind = 0;
pub const RRING_CALL_REQUEST: rring_call_kind = 1;
pub const RRING_CALL_END: rring_call_kind = 2;
pub type rring_call_kind = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_call {
    pub kind: rring_call_kind,
    pub session: *mut rring_session,
    pub number: u64,
    pub event: rring_event,
}
extern "C" {
    pub fn rring_listener_open(
        client: *mut rring_client,
        config: *const rring_listener_config,
        listener: *mut *mut rring_listener,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_listener_close(listener: *mut rring_listener);
}
extern "C" {
    pub fn rring_listener_next(
        listener: *mut rring_listener,
        call: *mut rring_call,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_listener_reply(
        listener: *mut rring_listener,
        session: *mut rring_session,
        number: u64,
        data: *const ::std::os::raw::c_void,
        len: size_t,
        event_type: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_listener_sessions(listener: *const rring_listener) -> u32;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_caller {
    _unused: [u8; 0],
}
extern "C" {
    pub fn rring_caller_open(
        client: *mut rring_client,
        name: *const ::std::os::raw::c_char,
        strategy: rring_strategy,
        deadline: u64,
        caller: *mut *mut rring_caller,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_caller_close(caller: *mut rring_caller);
}
extern "C" {
    pub fn rring_caller_send(
        caller: *mut rring_caller,
        data: *const ::std::os::raw::c_void,
        len: size_t,
        event_type: u32,
        deadline: u64,
        number: *mut u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_caller_receive(
        caller: *mut rring_caller,
        event: *mut rring_event,
        number: *mut u64,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_caller_call(
        caller: *mut rring_caller,
        data: *const ::std::os::raw::c_void,
        len: size_t,
        event_type: u32,
        reply: *mut rring_event,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_factory {
    pub client: *mut rring_client,
    pub defaults: rring_ring_config,
}
extern "C" {
    pub fn rring_factory_writer(
        factory: *const rring_factory,
        name: *const ::std::os::raw::c_char,
        writer: *mut *mut rring_writer,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_factory_reader(
        factory: *const rring_factory,
        name: *const ::std::os::raw::c_char,
        reader_name: *const ::std::os::raw::c_char,
        reader: *mut *mut rring_reader,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_writer_begin(
        arena: *const ::std::os::raw::c_char,
        ring: *const ::std::os::raw::c_char,
        writer: *mut *mut rring_writer,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_reader_begin(
        arena: *const ::std::os::raw::c_char,
        ring: *const ::std::os::raw::c_char,
        name: *const ::std::os::raw::c_char,
        reader: *mut *mut rring_reader,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_send(
        writer: *mut rring_writer,
        data: *const ::std::os::raw::c_void,
        len: size_t,
        event_type: u32,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
extern "C" {
    pub fn rring_receive(
        reader: *mut rring_reader,
        event: *mut rring_event,
        deadline: u64,
    ) -> ::std::os::raw::c_int;
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rring_misuse {
    pub kind: *const ::std::os::raw::c_char,
    pub report: *const ::std::os::raw::c_char,
    pub handle: u64,
    pub stack: *const *mut ::std::os::raw::c_void,
    pub depth: u32,
}
pub type rring_misuse_handler_t = ::std::option::Option<
    unsafe extern "C" fn(context: *mut ::std::os::raw::c_void, misuse: *const rring_misuse),
>;
extern "C" {
    pub fn rring_on_misuse(handler: rring_misuse_handler_t, context: *mut ::std::os::raw::c_void);
}
