// A packet as it arrives: its bytes, read as in packet.py, and what has come of its stream, as in intake.py.

#include <Python.h>
#include <stdint.h>
#include <string.h>

enum {
    KEPT = 512,             // as in intake.py
    LARGEST_PAYLOAD = 1320, // as in publisher.py
    LEAST_HEADER = 12,
    LONG_NUMBER = 0x7FFF,   // of a picture id in two bytes
    SHORT_NUMBER = 0x7F,
};

typedef struct {
    unsigned int marker, payload_type, sequence, timestamp, ssrc;
    int number, most, base;  // of the picture; -1 for none
    int key;                 // a key frame begins here
    int transport_wide;      // the number it has among all of its sender's packets; -1 for none
    int picture;             // it is part of one
    PyObject *payload;       // holds the bytes; NULL as long as nobody needs it
    const char *bytes;
    Py_ssize_t size;
    double now;
} Packet;

typedef struct {
    int number;  // -1: nothing has come
    unsigned int timestamp, ssrc;
    unsigned char marker, payload_type;
    PyObject *payload;  // NULL: not kept
} Kept;

typedef struct {
    PyObject_HEAD
    PyObject *packet;  // packet.py's, to give back what is kept
    unsigned int headers;
    int keeps;  // packets of pictures, and of nothing else
    // The attributes of intake.py, by the same names.
    int highest;
    unsigned long long cycles, received, octets;
    double heard_at;
    Kept kept[KEPT];
} Intake;

static unsigned int get16(const unsigned char *at) {
    return (unsigned int)(at[0] << 8 | at[1]);
}

static uint32_t get32(const unsigned char *at) {
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

// --- bytes; wherever these say 0, the packet is one for Python, which knows what is to be made of it ---

// The last header extension with this id (RFC 8285), if it is a number of two bytes.
static int read_elements(const unsigned char *at, const unsigned char *end, int brief, unsigned int id, Packet *packet) {
    while (at < end) {
        unsigned int found = brief ? *at >> 4 : *at, size;
        if (*at == 0) {
            at++;
            continue;
        }
        if (brief) {
            if (found == 0 || found == 15)
                break;
            size = (*at & 0x0F) + 1u;
        } else {
            if (++at >= end)
                return 0;
            size = *at;
        }
        if (size > (size_t)(end - at - 1))
            return 0;
        if (found == id) {
            if (size != 2)
                return 0;
            packet->transport_wide = (int)get16(at + 1);
        }
        at += 1 + size;
    }
    return 1;
}

static int read_rtp(const unsigned char *bytes, Py_ssize_t size, unsigned int transport_wide, Packet *packet) {
    if (size < LEAST_HEADER || bytes[0] >> 6 != 2)
        return 0;
    Py_ssize_t start = LEAST_HEADER + 4 * (bytes[0] & 0x0F), end = size;
    packet->transport_wide = -1;
    if (bytes[0] & 0x10) {
        if (start + 4 > size)
            return 0;
        unsigned int profile = get16(bytes + start);
        Py_ssize_t elements = start + 4;
        start = elements + 4 * (Py_ssize_t)get16(bytes + start + 2);
        if (start > size)
            return 0;
        if ((profile == 0xBEDE || (profile & 0xFFF0) == 0x1000) &&
            !read_elements(bytes + elements, bytes + start, profile == 0xBEDE, transport_wide, packet))
            return 0;
    }
    if (bytes[0] & 0x20)
        end -= bytes[size - 1];
    if (start >= end || end - start > LARGEST_PAYLOAD)
        return 0;
    packet->marker = bytes[1] & 0x80;
    packet->payload_type = bytes[1] & 0x7F;
    packet->sequence = get16(bytes + 2);
    packet->timestamp = get32(bytes + 4);
    packet->ssrc = get32(bytes + 8);
    packet->bytes = (const char *)bytes + start;
    packet->size = end - start;
    packet->key = 0;
    packet->number = packet->base = -1;
    packet->most = LONG_NUMBER;
    return 1;
}

// The VP8 payload descriptor (RFC 7741 section 4.2).
static int read_descriptor(Packet *packet) {
    const unsigned char *bytes = (const unsigned char *)packet->bytes;
    Py_ssize_t at = 1, size = packet->size;
    if (bytes[0] & 0x80) {
        if (size < 2)
            return 0;
        unsigned int flags = bytes[1];
        at = 2;
        if (flags & 0x80) {
            if (size < 4)
                return 0;
            int large = bytes[2] & 0x80;
            packet->number = large ? (int)(get16(bytes + 2) & LONG_NUMBER) : bytes[2];
            packet->most = large ? LONG_NUMBER : SHORT_NUMBER;
            at = large ? 4 : 3;
        }
        if (flags & 0x40) {
            if (at >= size)
                return 0;
            if (packet->number >= 0)
                packet->base = bytes[at];
            at++;
        }
        if (flags & 0x30)
            at++;
    }
    if (at >= size)
        return 0;
    packet->key = (bytes[0] & 0x17) == 0x10 && !(bytes[at] & 1);
    return 1;
}

// --- what has come ---

// Whether a packet is the very next of a stream, and nothing hangs on it: no loss, no copy, no key frame.
static int is_next(const Intake *intake, const Packet *packet) {
    return intake->highest >= 0 && ((packet->sequence - (unsigned int)intake->highest) & 0xFFFF) == 1 && !packet->key;
}

// Note a packet; its payload is kept, where packets are.
static void take_in(Intake *intake, const Packet *packet) {
    Kept *place = &intake->kept[packet->sequence % KEPT];
    PyObject *old = place->payload;
    place->number = (int)packet->sequence;
    place->timestamp = packet->timestamp;
    place->ssrc = packet->ssrc;
    place->marker = (unsigned char)packet->marker;
    place->payload_type = (unsigned char)packet->payload_type;
    place->payload = intake->keeps ? packet->payload : NULL;
    Py_XINCREF(place->payload);
    Py_XDECREF(old);
    intake->received++;
    intake->octets += (unsigned long long)packet->size + intake->headers;
    intake->heard_at = packet->now;
}

static void go_on(Intake *intake, const Packet *packet) {
    if ((int)packet->sequence < intake->highest)
        intake->cycles += 1 << 16;
    intake->highest = (int)packet->sequence;
    take_in(intake, packet);
}

static void forget(Intake *intake) {
    for (int at = 0; at < KEPT; at++) {
        intake->kept[at].number = -1;
        Py_CLEAR(intake->kept[at].payload);
    }
    intake->cycles = intake->received = 0;
}
