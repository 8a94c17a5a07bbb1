// One packet to everybody who may have it.
//
// What is usual is done here; whatever is not (the first packet after a gate has opened, a packet that was overtaken, a
// clock that jumped, a listener by TCP) is handed to `Output.forward`, which has the rules and is the model for these
// lines. Encryption is libsrtp's, by the function that pylibsrtp has loaded.

#include "stream.h"

static PyTypeObject *port_type, *line_type, *numbering_type, *intake_type;

#define NAMES(_) \
    _(marker) _(payload_type) _(sequence) _(timestamp) _(ssrc) _(payload) _(number) _(most) _(base) \
    _(numbering) _(forward) _(places) _(clock) _(receive) _(line) _(kind) _(intake) _(outputs) \
    _(within_rate) _(receive_packet)
#define DECLARE(name) static PyObject *name_##name;
NAMES(DECLARE)

// A packet as Python knows it: each object is made when it is needed first, and given back by whoever has this.
typedef struct {
    PyObject *packet, *picture, *now;
} Known;

// --- from Python ---

// An attribute that is a number up to `most`, or None if -1 may stand for that.
static int read_number(PyObject *object, PyObject *name, long long most, int optional, long long *number) {
    PyObject *value = PyObject_GetAttr(object, name);
    if (value == NULL)
        return -1;
    int none = optional && value == Py_None;
    *number = none ? -1 : PyLong_AsLongLong(value);
    Py_DECREF(value);
    if (none)
        return 0;
    if (*number == -1 && PyErr_Occurred())
        return -1;
    if (*number < 0 || *number > most) {
        PyErr_Format(PyExc_ValueError, "%U is out of range", name);
        return -1;
    }
    return 0;
}

static int read_moment(PyObject *now, double *moment) {
    *moment = PyFloat_AsDouble(now);
    if (*moment == -1.0 && PyErr_Occurred())
        return -1;
    if (fabs(*moment) < LATEST)
        return 0;
    PyErr_SetString(PyExc_ValueError, "the clock is out of range");
    return -1;
}

// Takes a packet apart; its payload is to be given back, even after a failure.
static int read_packet(PyObject *object, Packet *packet) {
    long long marker, payload_type, sequence, timestamp, ssrc;
    packet->payload = NULL;
    packet->number = packet->base = -1;
    packet->most = LONG_NUMBER;
    if (read_number(object, name_marker, 0x80, 0, &marker) < 0 ||
        read_number(object, name_payload_type, 0x7F, 0, &payload_type) < 0 ||
        read_number(object, name_sequence, 0xFFFF, 0, &sequence) < 0 ||
        read_number(object, name_timestamp, 0xFFFFFFFF, 0, &timestamp) < 0 ||
        read_number(object, name_ssrc, 0xFFFFFFFF, 0, &ssrc) < 0)
        return -1;
    packet->marker = (unsigned int)marker;
    packet->payload_type = (unsigned int)payload_type;
    packet->sequence = (unsigned int)sequence;
    packet->timestamp = (unsigned int)timestamp;
    packet->ssrc = (unsigned int)ssrc;
    packet->payload = PyObject_GetAttr(object, name_payload);
    if (packet->payload == NULL)
        return -1;
    char *bytes;
    int done = PyBytes_AsStringAndSize(packet->payload, &bytes, &packet->size);
    packet->bytes = bytes;
    return done;
}

static int read_picture(PyObject *picture, Packet *packet) {
    long long number = -1, most = LONG_NUMBER, base = -1;
    if (picture != Py_None &&
        (read_number(picture, name_number, LONG_NUMBER, 1, &number) < 0 ||
         read_number(picture, name_most, LONG_NUMBER, 0, &most) < 0 ||
         read_number(picture, name_base, 0xFF, 1, &base) < 0))
        return -1;
    packet->number = (int)number;
    packet->most = (int)most;
    packet->base = (int)base;
    if (number >= 0 && ((most != LONG_NUMBER && most != SHORT_NUMBER) || beginning_length(packet) > packet->size)) {
        PyErr_SetString(PyExc_ValueError, "the picture's numbers are not in its payload");
        return -1;
    }
    return 0;
}

// --- to Python ---

static int give_payload(Packet *packet) {
    if (packet->payload == NULL)
        packet->payload = PyBytes_FromStringAndSize(packet->bytes, packet->size);
    return packet->payload == NULL ? -1 : 0;
}

static PyObject *made_packet(PyObject *type, unsigned int marker, unsigned int payload_type, unsigned int sequence,
                             unsigned int timestamp, unsigned int ssrc, PyObject *payload) {
    return PyObject_CallFunction(type, "IIIIIO", marker, payload_type, sequence, timestamp, ssrc, payload);
}

static int give(const Port *port, Packet *packet, Known *known) {
    if (known->packet != NULL)
        return 0;
    if (give_payload(packet) < 0)
        return -1;
    if (packet->picture)
        known->picture = PyObject_CallFunctionObjArgs(port->read_picture, packet->payload, NULL);
    else
        Py_INCREF(known->picture = Py_None);
    if (known->picture == NULL)
        return -1;
    known->packet = made_packet(port->packet, packet->marker, packet->payload_type, packet->sequence,
                                packet->timestamp, packet->ssrc, packet->payload);
    if (known->packet == NULL)
        Py_CLEAR(known->picture);
    return known->packet == NULL ? -1 : 0;
}

// --- sending on ---

// Whether a stream's packets go out here: its line is open, and of this port.
static int is_here(const Port *port, PyObject *numbering) {
    if (Py_TYPE(numbering) != numbering_type)
        return 0;
    const Line *line = ((Numbering *)numbering)->line;
    return line->keys != NULL && line->port == port;
}

static int forward_one(Port *port, PyObject *output, Packet *packet, Known *known) {
    PyObject *numbering = PyObject_GetAttr(output, name_numbering);
    if (numbering == NULL)
        return -1;
    int moved = is_here(port, numbering) && move_on((Numbering *)numbering, packet);
    if (moved)
        send_on(port, (Numbering *)numbering, packet);
    Py_DECREF(numbering);  // the output keeps it
    if (moved)
        return 0;
    flush(port);  // what Python sends now must not come before it
    if (give(port, packet, known) < 0)
        return -1;
    PyObject *done =
        PyObject_CallMethodObjArgs(output, name_forward, known->packet, known->picture, known->now, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

// `outputs` is the tuple that is the gate, and whoever calls this keeps it.
static int forward(Port *port, PyObject *outputs, Packet *packet, Known *known) {
    Py_ssize_t size = PyTuple_Size(outputs);
    for (Py_ssize_t at = 0; at < size; at++)
        if (forward_one(port, PyTuple_GetItem(outputs, at), packet, known) < 0)
            return -1;
    return 0;
}
