// One packet to everybody who may have it: numbers, header, encryption and sending, without Python for each listener.
//
// What is usual is done here; whatever is not (the first packet after a gate has opened, a packet that was overtaken, a
// clock that jumped, a listener by TCP) is handed to `Output.forward`, which has the rules and is the model for these
// lines. Encryption is libsrtp's, by the function that pylibsrtp has loaded. Everything runs under the interpreter's lock.

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

#include "stream.h"

static PyTypeObject *port_type, *line_type, *numbering_type;

#define NAMES(_) _(marker) _(sequence) _(timestamp) _(payload) _(number) _(most) _(base) _(numbering) _(forward)
#define DECLARE(name) static PyObject *name_##name;
NAMES(DECLARE)

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
    if (number >= 0 && ((most != LONG_NUMBER && most != 0x7F) || beginning_length(packet) > packet->size)) {
        PyErr_SetString(PyExc_ValueError, "the picture's numbers are not in its payload");
        return -1;
    }
    return 0;
}

// Takes a packet apart; `payload` is to be given back, even after a failure.
static int read_packet(PyObject *object, PyObject *picture, PyObject *now, Packet *packet) {
    long long marker, sequence, timestamp;
    packet->payload = NULL;
    if (read_number(object, name_marker, 0x80, 0, &marker) < 0 ||
        read_number(object, name_sequence, 0xFFFF, 0, &sequence) < 0 ||
        read_number(object, name_timestamp, 0xFFFFFFFF, 0, &timestamp) < 0)
        return -1;
    packet->marker = (unsigned int)marker;
    packet->sequence = (unsigned int)sequence;
    packet->timestamp = (unsigned int)timestamp;
    packet->now = PyFloat_AsDouble(now);
    if (packet->now == -1.0 && PyErr_Occurred())
        return -1;
    if (!(fabs(packet->now) < LATEST)) {
        PyErr_SetString(PyExc_ValueError, "the clock is out of range");
        return -1;
    }
    packet->payload = PyObject_GetAttr(object, name_payload);
    if (packet->payload == NULL || PyBytes_AsStringAndSize(packet->payload, &packet->bytes, &packet->size) < 0)
        return -1;
    return read_picture(picture, packet);
}

static int count(Port *port, const char *name, unsigned long *losses) {
    unsigned long number = *losses;
    if (number == 0)
        return 0;
    *losses = 0;
    PyObject *done = PyObject_CallMethod(port->counts, "update", "({sk})", name, number);  // of a Counter: it adds
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

// Whether a stream's packets go out here: its line is open, and of this port.
static int is_here(const Port *port, PyObject *numbering) {
    if (Py_TYPE(numbering) != numbering_type)
        return 0;
    const Line *line = ((Numbering *)numbering)->line;
    return line->keys != NULL && line->port == port;
}

static int forward_one(Port *port, PyObject *output, PyObject *const *arguments, const Packet *packet) {
    PyObject *numbering = PyObject_GetAttr(output, name_numbering);
    if (numbering == NULL)
        return -1;
    int moved = is_here(port, numbering) && move_on((Numbering *)numbering, packet);
    if (moved)
        send_on(port, (Numbering *)numbering, packet);
    Py_DECREF(numbering);  // the output keeps it
    if (moved)
        return 0;
    PyObject *done =
        PyObject_CallMethodObjArgs(output, name_forward, arguments[1], arguments[2], arguments[3], NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *port_fan_out(PyObject *self, PyObject *const *arguments, Py_ssize_t given) {
    Port *port = (Port *)self;
    if (given != 4 || !PyTuple_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "fan_out takes a tuple of outputs, a packet, a picture and a moment");
        return NULL;
    }
    Packet packet;
    int done = read_packet(arguments[1], arguments[2], arguments[3], &packet);
    Py_ssize_t outputs = PyTuple_Size(arguments[0]);
    for (Py_ssize_t at = 0; done == 0 && at < outputs; at++)
        done = forward_one(port, PyTuple_GetItem(arguments[0], at), arguments, &packet);
    flush(port);
    Py_XDECREF(packet.payload);
    if (done < 0 || count(port, "unsent", &port->unsent) < 0 ||
        count(port, "not_protected", &port->not_protected) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *port_close(PyObject *self, PyObject *Py_UNUSED(nothing)) {
    ((Port *)self)->descriptor = -1;  // the number may be another file's soon
    Py_RETURN_NONE;
}

static PyObject *port_line(PyObject *self, PyObject *Py_UNUSED(nothing)) {
    Line *line = (Line *)PyType_GenericAlloc(line_type, 0);
    if (line != NULL) {
        Py_INCREF(self);
        line->port = (Port *)self;
    }
    return (PyObject *)line;
}

static PyObject *open_port(PyObject *Py_UNUSED(module), PyObject *arguments) {
    int descriptor;
    unsigned long long protect;
    PyObject *counts;
    if (!PyArg_ParseTuple(arguments, "iKO:open_port", &descriptor, &protect, &counts))
        return NULL;
    Port *port = (Port *)PyType_GenericAlloc(port_type, 0);
    if (port != NULL) {
        port->descriptor = descriptor;
        port->protect = (protect_function)(uintptr_t)protect;
        Py_INCREF(counts);
        port->counts = counts;
    }
    return (PyObject *)port;
}

static void forget_keys(Line *line) {
    PyObject *owner = line->owner;
    line->keys = NULL;
    line->owner = NULL;
    Py_XDECREF(owner);
}

static PyObject *line_rest(PyObject *self, PyObject *Py_UNUSED(nothing)) {
    forget_keys((Line *)self);
    Py_RETURN_NONE;
}

static PyObject *line_aim(PyObject *self, PyObject *arguments) {
    Line *line = (Line *)self;
    const char *host;
    unsigned int port, flow = 0, scope = 0;
    unsigned long long keys;
    PyObject *owner, *address;
    if (!PyArg_ParseTuple(arguments, "KOO!:aim", &keys, &owner, &PyTuple_Type, &address) ||
        !PyArg_ParseTuple(address, "sI|II", &host, &port, &flow, &scope))
        return NULL;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port),
                               .sin6_flowinfo = htonl(flow), .sin6_scope_id = scope};
    forget_keys(line);
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        memcpy(&line->address, &four, line->address_length = sizeof four);
    } else if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
        memcpy(&line->address, &six, line->address_length = sizeof six);
    } else {
        PyErr_SetString(PyExc_ValueError, "not a numeric address");
        return NULL;
    }
    Py_INCREF(owner);
    line->owner = owner;
    line->keys = (void *)(uintptr_t)keys;
    Py_RETURN_NONE;
}

static PyObject *line_numbering(PyObject *self, PyObject *arguments) {
    unsigned int ssrc, element, payload_type, sequence, timestamp;
    double rate, patience;
    if (!PyArg_ParseTuple(arguments, "IIIddII:numbering", &ssrc, &payload_type, &element, &rate, &patience, &sequence,
                          &timestamp))
        return NULL;
    Numbering *stream = (Numbering *)PyType_GenericAlloc(numbering_type, 0);
    if (stream == NULL)
        return NULL;
    Py_INCREF(self);
    stream->line = (Line *)self;
    stream->ssrc = ssrc;
    stream->element = element;
    stream->payload_type = payload_type & 0x7F;
    stream->rate = rate;
    stream->patience = patience;
    stream->waiting = 1;
    stream->sequence = (unsigned short)sequence;
    stream->timestamp = timestamp;
    stream->picture = stream->base = -1;
    stream->sent_at = stream->late_since = -INFINITY;
    return (PyObject *)stream;
}

static void release(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    if (type == port_type)
        Py_XDECREF(((Port *)self)->counts);
    else if (type == line_type) {
        Py_XDECREF((PyObject *)((Line *)self)->port);
        Py_XDECREF(((Line *)self)->owner);
    } else
        Py_XDECREF((PyObject *)((Numbering *)self)->line);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

// --- the module ---

#define FIELD(name, type) {#name, type, offsetof(Numbering, name), 0, NULL}
static PyMemberDef numbering_members[] = {
    FIELD(waiting, T_BOOL), FIELD(sequence, T_USHORT), FIELD(sequence_offset, T_USHORT), FIELD(timestamp, T_UINT),
    FIELD(timestamp_offset, T_UINT), FIELD(picture, T_INT), FIELD(picture_offset, T_INT), FIELD(base, T_INT),
    FIELD(base_offset, T_INT), FIELD(sent_at, T_DOUBLE), FIELD(late, T_DOUBLE), FIELD(late_since, T_DOUBLE),
    FIELD(forwarded, T_ULONGLONG), FIELD(octets, T_ULONGLONG), FIELD(span, T_ULONGLONG), {0},
};
static PyMethodDef port_methods[] = {
    {"fan_out", (PyCFunction)(void (*)(void))port_fan_out, METH_FASTCALL, NULL},
    {"line", port_line, METH_NOARGS, NULL},
    {"close", port_close, METH_NOARGS, NULL},
    {0},
};
static PyMethodDef line_methods[] = {
    {"aim", line_aim, METH_VARARGS, NULL},
    {"rest", line_rest, METH_NOARGS, NULL},
    {"numbering", line_numbering, METH_VARARGS, NULL},
    {0},
};
static PyMethodDef functions[] = {{"open_port", open_port, METH_VARARGS, NULL}, {0}};

static PyType_Slot port_slots[] = {{Py_tp_dealloc, release}, {Py_tp_methods, port_methods}, {0}};
static PyType_Slot line_slots[] = {{Py_tp_dealloc, release}, {Py_tp_methods, line_methods}, {0}};
static PyType_Slot numbering_slots[] = {{Py_tp_dealloc, release}, {Py_tp_members, numbering_members}, {0}};

static PyTypeObject *made(const char *name, int size, PyType_Slot *slots) {
    PyType_Spec spec = {name, size, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_fanout", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit__fanout(void) {
    if ((port_type = made("ascona.media.native._fanout.Port", sizeof(Port), port_slots)) == NULL ||
        (line_type = made("ascona.media.native._fanout.Line", sizeof(Line), line_slots)) == NULL ||
        (numbering_type = made("ascona.media.native._fanout.Numbering", sizeof(Numbering), numbering_slots)) == NULL)
        return NULL;
#define INTERN(name) if ((name_##name = PyUnicode_InternFromString(#name)) == NULL) return NULL;
    NAMES(INTERN)
    return PyModule_Create(&definition);
}
