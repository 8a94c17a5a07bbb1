// The media port in C, as Python sees it: the port, a line for each person, and where streams stand, out and in.
//
// The files it takes in do the work, each on what the one before it knows: intake.h reads bytes, stream.h moves streams on
// and sends, fanout.h sends to everybody who may have a packet, arrival.h reads the port. Everything runs under the
// interpreter's lock.

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

#include "arrival.h"

// --- the port ---

static int count(Port *port, const char *name, unsigned long *losses) {
    unsigned long number = *losses;
    if (number == 0)
        return 0;
    *losses = 0;
    PyObject *done = PyObject_CallMethod(port->counts, "update", "({sk})", name, number);  // of a Counter: it adds
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int count_all(Port *port) {
    return count(port, "unsent", &port->unsent) < 0 || count(port, "not_protected", &port->not_protected) < 0 ||
                   count(port, "not_genuine", &port->not_genuine) < 0 ||
                   count(port, "pictures_passed_over", &port->passed_over) < 0
               ? -1
               : 0;
}

static PyObject *port_fan_out(PyObject *self, PyObject *const *arguments, Py_ssize_t given) {
    Port *port = (Port *)self;
    if (given != 4 || !PyTuple_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "fan_out takes a tuple of outputs, a packet, a picture and a moment");
        return NULL;
    }
    Packet packet = {0};
    Known known = {arguments[1], arguments[2], arguments[3]};
    int done = read_packet(known.packet, &packet);
    if (done == 0 && (done = read_picture(known.picture, &packet)) == 0 &&
        (done = read_moment(known.now, &packet.now)) == 0)
        done = forward(port, arguments[0], &packet, &known);
    flush(port);
    Py_XDECREF(packet.payload);
    if (done < 0 || count_all(port) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *port_receive(PyObject *self, PyObject *behind) {
    Port *port = (Port *)self;
    int is_behind = PyObject_IsTrue(behind);
    if (is_behind < 0)
        return NULL;
    if (port->receiving) {
        PyErr_SetString(PyExc_RuntimeError, "datagrams are being dealt with");
        return NULL;
    }
    port->receiving = 1;
    port->behind = is_behind;
    int done = receive(port);
    port->receiving = 0;
    return done < 0 || count_all(port) < 0 ? NULL : PyLong_FromUnsignedLong(port->came);
}

static PyObject *port_close(PyObject *self, PyObject *Py_UNUSED(nothing)) {
    Port *port = (Port *)self;
    port->descriptor = -1;  // the number may be another file's soon
    port->next = port->came = 0;
    Py_CLEAR(port->places);
    Py_CLEAR(port->clock);
    Py_CLEAR(port->sort);
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
    unsigned long long protect, unprotect;
    PyObject *sorter, *counts, *packet, *picture;
    if (!PyArg_ParseTuple(arguments, "iKKOOOO:open_port", &descriptor, &protect, &unprotect, &sorter, &counts, &packet,
                          &picture))
        return NULL;
    Port *port = (Port *)PyType_GenericAlloc(port_type, 0);
    if (port == NULL)
        return NULL;
    port->descriptor = descriptor;
    port->protect = (srtp_function)(uintptr_t)protect;
    port->unprotect = (srtp_function)(uintptr_t)unprotect;
    Py_INCREF(port->counts = counts);
    Py_INCREF(port->packet = packet);
    Py_INCREF(port->read_picture = picture);
    if ((port->places = PyObject_GetAttr(sorter, name_places)) == NULL ||
        (port->clock = PyObject_GetAttr(sorter, name_clock)) == NULL ||
        (port->sort = PyObject_GetAttr(sorter, name_receive)) == NULL) {
        Py_DECREF((PyObject *)port);
        return NULL;
    }
    if (PyDict_Check(port->places))
        return (PyObject *)port;
    PyErr_SetString(PyExc_TypeError, "places are a dict");
    Py_DECREF((PyObject *)port);
    return NULL;
}

// --- a line, out ---

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

#include "inward.h"

// --- the module ---

static void release(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    if (type == port_type) {
        Port *port = (Port *)self;
        Py_XDECREF(port_close(self, NULL));
        Py_XDECREF(port->counts);
        Py_XDECREF(port->packet);
        Py_XDECREF(port->read_picture);
    } else if (type == line_type) {
        forget_keys((Line *)self);
        forget_inward((Line *)self);
        Py_XDECREF((PyObject *)((Line *)self)->port);
    } else if (type == intake_type) {
        forget((Intake *)self);
        Py_XDECREF(((Intake *)self)->packet);
    } else
        Py_XDECREF((PyObject *)((Numbering *)self)->line);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

#define FIELD(of, name, type) {#name, type, offsetof(of, name), 0, NULL}
#define METHOD(of, name, how) {#name, of##_##name, how, NULL}
static PyMemberDef numbering_members[] = {
    FIELD(Numbering, waiting, T_BOOL), FIELD(Numbering, sequence, T_USHORT), FIELD(Numbering, sequence_offset, T_USHORT),
    FIELD(Numbering, timestamp, T_UINT), FIELD(Numbering, timestamp_offset, T_UINT), FIELD(Numbering, picture, T_INT),
    FIELD(Numbering, picture_offset, T_INT), FIELD(Numbering, base, T_INT), FIELD(Numbering, base_offset, T_INT),
    FIELD(Numbering, sent_at, T_DOUBLE), FIELD(Numbering, late, T_DOUBLE), FIELD(Numbering, late_since, T_DOUBLE),
    FIELD(Numbering, forwarded, T_ULONGLONG), FIELD(Numbering, octets, T_ULONGLONG), FIELD(Numbering, span, T_ULONGLONG),
    {0},
};
static PyMemberDef intake_members[] = {
    FIELD(Intake, highest, T_INT), FIELD(Intake, cycles, T_ULONGLONG), FIELD(Intake, received, T_ULONGLONG),
    FIELD(Intake, octets, T_ULONGLONG), FIELD(Intake, heard_at, T_DOUBLE), {0},
};
static PyMethodDef port_methods[] = {
    {"fan_out", (PyCFunction)(void (*)(void))port_fan_out, METH_FASTCALL, NULL},
    METHOD(port, receive, METH_O), METHOD(port, line, METH_NOARGS), METHOD(port, close, METH_NOARGS), {0},
};
static PyMethodDef line_methods[] = {
    METHOD(line, aim, METH_VARARGS), METHOD(line, rest, METH_NOARGS), METHOD(line, numbering, METH_VARARGS),
    METHOD(line, open, METH_VARARGS), METHOD(line, shut, METH_NOARGS), METHOD(line, heard, METH_NOARGS),
    METHOD(line, note, METH_VARARGS),
    METHOD(line, intake, METH_VARARGS), METHOD(line, bind, METH_VARARGS), METHOD(line, unbind, METH_O), {0},
};
static PyMethodDef intake_methods[] = {
    METHOD(intake, begin, METH_O), METHOD(intake, has, METH_O), METHOD(intake, take, METH_VARARGS),
    METHOD(intake, kept, METH_O), {0},
};
static PyMethodDef functions[] = {{"open_port", open_port, METH_VARARGS, NULL}, {0}};

static PyType_Slot port_slots[] = {{Py_tp_dealloc, release}, {Py_tp_methods, port_methods}, {0}};
static PyType_Slot line_slots[] = {{Py_tp_dealloc, release}, {Py_tp_methods, line_methods}, {0}};
static PyType_Slot numbering_slots[] = {{Py_tp_dealloc, release}, {Py_tp_members, numbering_members}, {0}};
static PyType_Slot intake_slots[] = {
    {Py_tp_dealloc, release}, {Py_tp_members, intake_members}, {Py_tp_methods, intake_methods}, {0}};

static PyTypeObject *made(const char *name, int size, PyType_Slot *slots) {
    PyType_Spec spec = {name, size, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_port", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit__port(void) {
    if ((port_type = made("ascona.media.native._port.Port", sizeof(Port), port_slots)) == NULL ||
        (line_type = made("ascona.media.native._port.Line", sizeof(Line), line_slots)) == NULL ||
        (numbering_type = made("ascona.media.native._port.Numbering", sizeof(Numbering), numbering_slots)) == NULL ||
        (intake_type = made("ascona.media.native._port.Intake", sizeof(Intake), intake_slots)) == NULL)
        return NULL;
#define INTERN(name) if ((name_##name = PyUnicode_InternFromString(#name)) == NULL) return NULL;
    NAMES(INTERN)
    return PyModule_Create(&definition);
}
