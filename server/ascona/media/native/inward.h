// What a line is told of its person's own streams, and an intake's methods.

// --- a line, in ---

static void unbind(Bound *bound) {
    Bound old = *bound;
    *bound = (Bound){0};
    Py_XDECREF(old.track);
    Py_XDECREF(old.kind);
    Py_XDECREF((PyObject *)old.intake);
}

static void forget_inward(Line *line) {
    line->inbound = NULL;
    for (int at = 0; at < MOST_BOUND; at++)
        unbind(&line->bound[at]);
    Py_CLEAR(line->inbound_owner);
    Py_CLEAR(line->receiver);
    Py_CLEAR(line->arrivals);
    Py_CLEAR(line->arrived);
}

static PyObject *line_shut(PyObject *self, PyObject *Py_UNUSED(nothing)) {
    forget_inward((Line *)self);
    Py_RETURN_NONE;
}

// Takes a new reference in the place of an old one.
static void keep(PyObject **place, PyObject *object) {
    PyObject *old = *place;
    Py_INCREF(object);
    *place = object;
    Py_XDECREF(old);
}

static PyObject *line_open(PyObject *self, PyObject *arguments) {
    Line *line = (Line *)self;
    unsigned long long keys;
    PyObject *owner, *receiver;
    if (!PyArg_ParseTuple(arguments, "KOO:open", &keys, &owner, &receiver))
        return NULL;
    line->inbound = NULL;
    keep(&line->inbound_owner, owner);
    keep(&line->receiver, receiver);
    line->inbound = (void *)(uintptr_t)keys;
    Py_RETURN_NONE;
}

static PyObject *line_heard(PyObject *self, PyObject *Py_UNUSED(nothing)) {
    const Line *line = (Line *)self;
    if (line->heard.ss_family == AF_UNSPEC)
        Py_RETURN_NONE;
    return address_of(&line->heard);
}

static PyObject *line_note(PyObject *self, PyObject *arguments) {
    Line *line = (Line *)self;
    unsigned int transport_wide;
    PyObject *arrivals, *arrived;
    if (!PyArg_ParseTuple(arguments, "IO!O:note", &transport_wide, &PyDict_Type, &arrivals, &arrived))
        return NULL;
    line->transport_wide = transport_wide;
    keep(&line->arrivals, arrivals);
    keep(&line->arrived, arrived);
    Py_RETURN_NONE;
}

static PyObject *line_bind(PyObject *self, PyObject *arguments) {
    Line *line = (Line *)self;
    PyObject *track;
    unsigned int payload_type;
    long long ssrc;
    if (!PyArg_ParseTuple(arguments, "OI:bind", &track, &payload_type) ||
        read_number(track, name_ssrc, 0xFFFFFFFF, 0, &ssrc) < 0)
        return NULL;
    PyObject *kind = PyObject_GetAttr(track, name_kind);
    PyObject *intake = kind == NULL ? NULL : PyObject_GetAttr(track, name_intake);
    Bound *free = NULL;
    for (int at = 0; at < MOST_BOUND; at++)
        if (line->bound[at].track == NULL)
            free = &line->bound[at];
    if (intake != NULL && Py_TYPE(intake) == intake_type && free != NULL) {
        Py_INCREF(track);
        *free = (Bound){track, kind, (Intake *)intake, (unsigned int)ssrc, payload_type};
        Py_RETURN_NONE;
    }
    if (intake != NULL)
        PyErr_SetString(PyExc_ValueError, free == NULL ? "too many streams" : "an intake of another kind");
    Py_XDECREF(kind);
    Py_XDECREF(intake);
    return NULL;
}

static PyObject *line_unbind(PyObject *self, PyObject *number) {
    unsigned long ssrc = PyLong_AsUnsignedLong(number);
    if (PyErr_Occurred())
        return NULL;
    Line *line = (Line *)self;
    for (int at = 0; at < MOST_BOUND; at++)
        if (line->bound[at].track != NULL && line->bound[at].ssrc == ssrc)
            unbind(&line->bound[at]);
    Py_RETURN_NONE;
}

static PyObject *line_intake(PyObject *self, PyObject *arguments) {
    unsigned int headers;
    int keeps;
    if (!PyArg_ParseTuple(arguments, "Ip:intake", &headers, &keeps))
        return NULL;
    Intake *intake = (Intake *)PyType_GenericAlloc(intake_type, 0);
    if (intake == NULL)
        return NULL;
    forget(intake);
    keep(&intake->packet, ((Line *)self)->port->packet);
    intake->headers = headers;
    intake->keeps = keeps;
    intake->highest = -1;
    intake->heard_at = -INFINITY;
    return (PyObject *)intake;
}

// --- an intake ---

static int sequence_of(PyObject *number) {
    long sequence = PyLong_AsLong(number);
    if (sequence == -1 && PyErr_Occurred())
        return -1;
    if (sequence >= 0 && sequence <= 0xFFFF)
        return (int)sequence;
    PyErr_SetString(PyExc_ValueError, "sequence is out of range");
    return -1;
}

static PyObject *intake_begin(PyObject *self, PyObject *number) {
    int sequence = sequence_of(number);
    if (sequence < 0)
        return NULL;
    forget((Intake *)self);
    ((Intake *)self)->highest = sequence;
    Py_RETURN_NONE;
}

static PyObject *intake_has(PyObject *self, PyObject *number) {
    int sequence = sequence_of(number);
    return sequence < 0 ? NULL : PyBool_FromLong(((Intake *)self)->kept[sequence % KEPT].number == sequence);
}

static PyObject *intake_take(PyObject *self, PyObject *arguments) {
    PyObject *object;
    Packet packet = {0};
    if (!PyArg_ParseTuple(arguments, "Od:take", &object, &packet.now))
        return NULL;
    int done = read_packet(object, &packet);
    if (done == 0)
        take_in((Intake *)self, &packet);
    Py_XDECREF(packet.payload);
    if (done < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *intake_kept(PyObject *self, PyObject *number) {
    int sequence = sequence_of(number);
    if (sequence < 0)
        return NULL;
    const Intake *intake = (Intake *)self;
    const Kept *found = &intake->kept[sequence % KEPT];
    if (found->number != sequence || found->payload == NULL)
        Py_RETURN_NONE;
    return made_packet(intake->packet, found->marker, found->payload_type, (unsigned int)found->number,
                       found->timestamp, found->ssrc, found->payload);
}
