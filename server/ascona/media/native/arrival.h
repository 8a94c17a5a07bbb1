// The port read: every datagram that has come, to whoever it belongs to.
//
// What is usual is done here: the very next packet of a stream that Python has bound to a line. It is decrypted, noted,
// and sent on to the outputs that its track has at that moment. Whatever else comes (STUN, DTLS, RTCP, strangers, SSRCs
// not seen before, losses, copies, key frames, repairs) goes the way it would go without these lines: as it came to
// `Mux.receive`, or, where it had to be decrypted to be known, to `Connection.receive_packet`.

#include "fanout.h"

// What a port asks of its Mux, kept while datagrams are dealt with: the port may be closed meanwhile.
typedef struct {
    PyObject *places, *clock, *sort;
} Asked;

// The address as the socket module gives it, by which Python knows places.
static PyObject *address_of(const struct sockaddr_storage *from) {
    char host[INET6_ADDRSTRLEN] = "";
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)from;
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        return Py_BuildValue("(sI)", host, (unsigned int)ntohs(four->sin_port));
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
    inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
    return Py_BuildValue("(sIII)", host, (unsigned int)ntohs(six->sin6_port),
                         (unsigned int)ntohl(six->sin6_flowinfo), (unsigned int)six->sin6_scope_id);
}

// The line of whoever has proved to be there, as something new; None where its packets are not decrypted here.
static PyObject *line_at(PyObject *places, PyObject *address) {
    PyObject *endpoint = PyDict_GetItemWithError(places, address);
    if (endpoint == NULL) {
        if (PyErr_Occurred())
            return NULL;
        Py_RETURN_NONE;
    }
    Py_INCREF(endpoint);
    PyObject *line = PyObject_GetAttr(endpoint, name_line);
    Py_DECREF(endpoint);
    return line;
}

// The stream of an SRTP datagram (RFC 7983, RFC 5761 section 4) by what of it is readable; NULL if none is bound.
static const Bound *bound_to(PyObject *given, const unsigned char *bytes, int size) {
    if (Py_TYPE(given) != line_type || ((Line *)given)->inbound == NULL)
        return NULL;
    if (size < LEAST_HEADER || bytes[0] >> 6 != 2 || (bytes[1] >= 192 && bytes[1] <= 223))
        return NULL;
    const Line *line = (Line *)given;
    unsigned int ssrc = get32(bytes + 8);
    for (int at = 0; at < MOST_BOUND; at++)
        if (line->bound[at].track != NULL && line->bound[at].ssrc == ssrc &&
            line->bound[at].payload_type == (bytes[1] & 0x7Fu))
            return &line->bound[at];
    return NULL;
}

// For the feedback that its sender finds its own rate by, and for whoever counts what a shut gate kept back.
static int note(const Line *line, PyObject *kind, const Packet *packet, PyObject *now) {
    if (packet->transport_wide >= 0 && line->arrivals != NULL) {
        PyObject *number = PyLong_FromLong(packet->transport_wide);
        int known = number == NULL ? -1 : PyDict_Contains(line->arrivals, number);
        int done = known == 0 ? PyDict_SetItem(line->arrivals, number, now) : known;
        Py_XDECREF(number);
        if (done < 0)
            return -1;
    }
    if (line->arrived == NULL)
        return 0;
    PyObject *before = PyObject_GetItem(line->arrived, kind);
    PyObject *one = PyLong_FromLong(1);
    PyObject *after = before == NULL || one == NULL ? NULL : PyNumber_Add(before, one);
    int done = after == NULL ? -1 : PyObject_SetItem(line->arrived, kind, after);
    Py_XDECREF(before);
    Py_XDECREF(one);
    Py_XDECREF(after);
    return done;
}

static int leave_packet(Port *port, PyObject *receiver, const unsigned char *bytes, int size, PyObject *now) {
    flush(port);
    PyObject *packet = PyBytes_FromStringAndSize((const char *)bytes, size);
    PyObject *done =
        packet == NULL ? NULL : PyObject_CallMethodObjArgs(receiver, name_receive_packet, packet, now, NULL);
    Py_XDECREF(packet);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

// Whether one more packet is taken; it may be one too many, and then the line is shut when this returns.
static int is_within_rate(PyObject *receiver, unsigned int payload_type, int size, PyObject *now) {
    PyObject *type = PyLong_FromLong((long)payload_type), *bytes = PyLong_FromLong(size);
    PyObject *answer = type == NULL || bytes == NULL
                           ? NULL
                           : PyObject_CallMethodObjArgs(receiver, name_within_rate, type, bytes, now, NULL);
    int within = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(type);
    Py_XDECREF(bytes);
    Py_XDECREF(answer);
    return within;
}

static int deal_with_usual(Port *port, const Line *line, const Bound *stream, Packet *packet, Known *known) {
    if (packet->picture && give_payload(packet) < 0)  // it is kept
        return -1;
    if (note(line, stream->kind, packet, known->now) < 0)
        return -1;
    go_on(stream->intake, packet);
    PyObject *outputs = PyObject_GetAttr(stream->track, name_outputs);
    if (outputs == NULL)
        return -1;
    int done = -1;
    if (PyTuple_Check(outputs))
        done = forward(port, outputs, packet, known);
    else
        PyErr_SetString(PyExc_TypeError, "a track's outputs are a tuple");
    Py_DECREF(outputs);
    return done;
}

// A datagram of a bound stream; all that is given here is kept by the caller.
static int receive_packet(Port *port, Line *line, const Bound *stream, PyObject *receiver, const Asked *asked,
                          unsigned char *bytes, int size, const struct sockaddr_storage *from) {
    if (port->unprotect(line->inbound, bytes, &size) != 0 || size < LEAST_HEADER || size > LARGEST) {
        port->not_genuine++;
        return 0;
    }
    line->heard = *from;
    PyObject *now = PyObject_CallNoArgs(asked->clock);
    if (now == NULL)
        return -1;
    Packet packet = {.picture = stream->intake->keeps};
    Known known = {.now = now};
    int done;
    if (read_moment(now, &packet.now) < 0)
        done = -1;
    else if (!read_rtp(bytes, size, line->transport_wide, &packet) || (packet.picture && !read_descriptor(&packet)) ||
             !is_next(stream->intake, &packet))
        done = leave_packet(port, receiver, bytes, size, now);
    else if ((done = is_within_rate(receiver, packet.payload_type, size, now)) > 0)
        done = deal_with_usual(port, line, stream, &packet, &known);
    Py_XDECREF(packet.payload);
    Py_XDECREF(known.packet);
    Py_XDECREF(known.picture);
    Py_DECREF(now);
    return done;
}

static int receive_bound(Port *port, Line *line, const Bound *bound, const Asked *asked, unsigned char *bytes, int size,
                         const struct sockaddr_storage *from) {
    const Bound stream = *bound;
    PyObject *receiver = line->receiver;
    Py_INCREF(stream.track);
    Py_INCREF(stream.kind);
    Py_INCREF((PyObject *)stream.intake);
    Py_INCREF(receiver);
    int done = receive_packet(port, line, &stream, receiver, asked, bytes, size, from);
    Py_DECREF(stream.track);
    Py_DECREF(stream.kind);
    Py_DECREF((PyObject *)stream.intake);
    Py_DECREF(receiver);
    return done;
}

static int leave_datagram(Port *port, PyObject *sort, const unsigned char *bytes, int size, PyObject *address) {
    flush(port);
    PyObject *datagram = PyBytes_FromStringAndSize((const char *)bytes, size);
    PyObject *done = datagram == NULL ? NULL : PyObject_CallFunctionObjArgs(sort, datagram, address, NULL);
    Py_XDECREF(datagram);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int receive_one(Port *port, const Asked *asked, unsigned char *bytes, int size,
                       const struct sockaddr_storage *from) {
    PyObject *address = address_of(from);
    PyObject *line = address == NULL ? NULL : line_at(asked->places, address);
    int done = -1;
    if (line != NULL) {
        const Bound *bound = size > LARGEST ? NULL : bound_to(line, bytes, size);
        if (bound == NULL) {
            done = leave_datagram(port, asked->sort, bytes, size, address);
        } else if (port->behind && size > VOICE) {
            port->passed_over++;
            done = 0;
        } else {
            done = receive_bound(port, (Line *)line, bound, asked, bytes, size, from);
        }
    }
    Py_XDECREF(address);
    Py_XDECREF(line);
    return done;
}

static void fetch(Port *port) {
    for (int at = 0; at < AT_ONCE; at++) {
        port->envelopes[at] = (struct iovec){.iov_base = port->inbox[at], .iov_len = LARGEST + 1};
        port->letters[at].msg_hdr = (struct msghdr){
            .msg_name = &port->senders[at],
            .msg_namelen = sizeof port->senders[at],
            .msg_iov = &port->envelopes[at],
            .msg_iovlen = 1,
        };
    }
    int came = recvmmsg(port->descriptor, port->letters, AT_ONCE, MSG_DONTWAIT, NULL);
    port->next = 0;
    port->came = came > 0 ? (unsigned int)came : 0;
}

// Deal with what has come, up to the first that fails: the others wait for the next call.
static int receive(Port *port) {
    Asked asked = {port->places, port->clock, port->sort};
    if (asked.places == NULL)
        return 0;  // closed
    Py_INCREF(asked.places);
    Py_INCREF(asked.clock);
    Py_INCREF(asked.sort);
    if (port->next == port->came)
        fetch(port);
    int done = 0;
    while (done == 0 && port->next < port->came) {
        unsigned int at = port->next++;
        done = receive_one(port, &asked, port->inbox[at], (int)port->letters[at].msg_len, &port->senders[at]);
    }
    flush(port);
    Py_DECREF(asked.places);
    Py_DECREF(asked.clock);
    Py_DECREF(asked.sort);
    return done;
}
