// One stream's next packet, and many packets' way to the kernel: what needs nothing of Python.

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "intake.h"

enum {
    BATCH = 16,            // packets handed to the kernel in one call
    AT_ONCE = 64,          // datagrams taken from it in one call, as in mux.py
    ROOM = 1500,           // bytes of a packet and its trailer
    LARGEST = 1500,        // bytes of a datagram that is looked at, as in mux.py
    VOICE = 400,           // bytes; as in stream.py
    TRAILER = 144,         // what libsrtp may write behind a packet
    LARGEST_HEADER = 20,   // with the block of one element of four bytes
    MOST_BOUND = 4,        // streams of a publisher; nobody has more than a voice and two layers
    BACKWARDS = 0x8000,
};

// As in numbering.py, where they are explained; tests compare the two.
static const double EARLY_SECONDS = 0.5, FORGETTING = 0.999;
static const double LATEST = 1e12;  // seconds: a clock whose moments fit every number here

typedef int (*srtp_function)(void *keys, void *packet, int *length);

typedef struct {
    PyObject_HEAD
    int descriptor;
    srtp_function protect, unprotect;
    PyObject *counts;                   // where losses are counted, as in Python
    PyObject *packet, *read_picture;    // packet.py's, to make what Python is given
    PyObject *places, *clock, *sort;    // of the Mux; NULL when the port is closed
    unsigned long unsent, not_protected, not_genuine, passed_over;
    // What waits to be sent.
    unsigned int held;
    struct mmsghdr messages[BATCH];
    struct sockaddr_storage addresses[BATCH];  // copies: lines may change before the packets leave
    struct iovec parts[BATCH];
    unsigned char rooms[BATCH][ROOM];
    // What has come, and not been looked at yet.
    int receiving, behind;  // behind: pictures are passed over
    unsigned int next, came;
    struct mmsghdr letters[AT_ONCE];
    struct sockaddr_storage senders[AT_ONCE];
    struct iovec envelopes[AT_ONCE];
    unsigned char inbox[AT_ONCE][LARGEST + 4];  // one byte more than is looked at shows what is too long
} Port;

typedef struct {
    PyObject *track;  // NULL: none
    PyObject *kind;
    Intake *intake;
    unsigned int ssrc, payload_type;
} Bound;

typedef struct {
    PyObject_HEAD
    Port *port;
    // Out.
    void *keys;       // libsrtp's; NULL while packets take the way through Python
    PyObject *owner;  // keeps them
    struct sockaddr_storage address;
    socklen_t address_length;
    // In.
    void *inbound;  // libsrtp's keys, too
    struct sockaddr_storage heard;  // where the last genuine packet came from; of no family before the first
    PyObject *inbound_owner, *receiver;
    PyObject *arrivals, *arrived;  // what is noted of packets; see `note`
    unsigned int transport_wide;
    Bound bound[MOST_BOUND];
} Line;

typedef struct {
    PyObject_HEAD
    Line *line;
    uint32_t ssrc, element;  // the element: 0 for none
    unsigned char payload_type;
    double rate, patience;
    // The attributes of numbering.py, by the same names.
    char waiting;
    unsigned short sequence, sequence_offset;
    unsigned int timestamp, timestamp_offset;
    int picture, picture_offset, base, base_offset;
    double sent_at, late, late_since;
    unsigned long long forwarded, octets;
    unsigned long long span;
} Numbering;

// --- sending ---

static void flush(Port *port) {
    unsigned int sent = 0;
    while (sent < port->held) {
        int done = sendmmsg(port->descriptor, port->messages + sent, port->held - sent, 0);
        if (done > 0) {
            sent += (unsigned int)done;
        } else if (errno != EINTR) {
            port->unsent++;  // a full buffer is a lost packet, as anywhere on the way
            sent++;
        }
    }
    port->held = 0;
}

static unsigned char *put16(unsigned char *at, unsigned int value) {
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
    return at + 2;
}

static unsigned char *put32(unsigned char *at, uint32_t value) {
    return put16(put16(at, value >> 16), value & 0xFFFF);
}

// The bytes of a header; 12, or 20 with abs-send-time.
static size_t write_header(unsigned char *room, const Numbering *stream, const Packet *packet) {
    unsigned char *at = room;
    *at++ = stream->element ? 0x90 : 0x80;
    *at++ = (unsigned char)(packet->marker | stream->payload_type);
    at = put16(at, stream->sequence);
    at = put32(at, stream->timestamp);
    at = put32(at, stream->ssrc);
    if (stream->element) {
        at = put32(at, 0xBEDE0001);
        at = put32(at, stream->element | ((uint32_t)(int64_t)(packet->now * 262144) & 0xFFFFFF));
    }
    return (size_t)(at - room);
}

static int beginning_length(const Packet *packet) {
    return (packet->most == LONG_NUMBER ? 4 : 3) + (packet->base >= 0);
}

// Picture id and TL0PICIDX, behind the two bytes that stay.
static void write_beginning(unsigned char *payload, const Numbering *stream, const Packet *packet) {
    unsigned char *at = payload + 2;
    if (packet->most == LONG_NUMBER)
        at = put16(at, (unsigned int)stream->picture | 0x8000);
    else
        *at++ = (unsigned char)stream->picture;
    if (packet->base >= 0)
        *at = (unsigned char)stream->base;
}

static void send_on(Port *port, const Numbering *stream, const Packet *packet) {
    unsigned char *room = port->rooms[port->held];
    if (packet->size > ROOM - TRAILER - (stream->element ? LARGEST_HEADER : 12)) {
        port->not_protected++;
        return;
    }
    size_t header = write_header(room, stream, packet);
    memcpy(room + header, packet->bytes, (size_t)packet->size);
    if (packet->number >= 0)
        write_beginning(room + header, stream, packet);
    int length = (int)(header + (size_t)packet->size);
    if (port->protect(stream->line->keys, room, &length) != 0 || length < 0 || length > ROOM) {
        port->not_protected++;
        return;
    }
    const Line *line = stream->line;
    memcpy(&port->addresses[port->held], &line->address, line->address_length);
    port->parts[port->held] = (struct iovec){.iov_base = room, .iov_len = (size_t)length};
    port->messages[port->held].msg_hdr = (struct msghdr){
        .msg_name = &port->addresses[port->held],
        .msg_namelen = line->address_length,
        .msg_iov = &port->parts[port->held],
        .msg_iovlen = 1,
    };
    if (++port->held == BATCH)
        flush(port);
}

// --- numbers ---

// Move a stream on by a packet; 0, and nothing has changed, if that takes the rules of `Output.forward`.
static int move_on(Numbering *stream, const Packet *packet) {
    if (stream->waiting || !isfinite(stream->sent_at))
        return 0;
    uint16_t sequence = (uint16_t)(packet->sequence + stream->sequence_offset);
    uint16_t ahead = (uint16_t)(sequence - stream->sequence);
    if (ahead >= BACKWARDS)
        return 0;
    uint32_t timestamp = packet->timestamp + stream->timestamp_offset;
    if (timestamp != stream->timestamp) {
        int32_t step = (int32_t)(timestamp - stream->timestamp);
        double late = stream->late * FORGETTING + (packet->now - stream->sent_at) - step / stream->rate;
        if (!(late >= -EARLY_SECONDS && late < stream->patience))
            return 0;
        stream->late = late > 0.0 ? late : 0.0;
        stream->late_since = -INFINITY;
        stream->timestamp = timestamp;
    }
    stream->sequence = sequence;
    stream->span += ahead;
    stream->sent_at = packet->now;
    stream->forwarded++;
    stream->octets += (unsigned long long)packet->size;
    if (packet->number >= 0) {
        stream->picture = (int)((unsigned int)packet->number + (unsigned int)stream->picture_offset) & packet->most;
        if (packet->base >= 0)
            stream->base = (int)((unsigned int)packet->base + (unsigned int)stream->base_offset) & 0xFF;
    }
    return 1;
}
