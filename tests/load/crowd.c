/* A crowd's hot path: sends what was encrypted beforehand when it is due, counts and times what comes.
 *
 * Built by `traffic.py` when a bench starts, and used by benches only. Nothing is decrypted: of each packet that comes
 * only the RTP header is read, which is in clear, and the moment is the kernel's own (SO_TIMESTAMPNS), so that sockets
 * may be emptied late and cheaply. All moments are nanoseconds of CLOCK_REALTIME.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define HEARD 128       /* places of a socket's table of streams: a power of two, more than twice what is used */
#define BATCH 64        /* packets taken from a socket at once */
#define LOOKED_AT 20    /* bytes of each that are copied: RTP's header, or STUN's */
#define ASKED 1024      /* checks of a server that are kept until they are answered */
#define DRAIN 2000000LL /* nanoseconds from one look at every socket to the next */
#define SIZES 32        /* as in `traffic.py` */
#define SECOND 1000000000LL

struct item { /* one datagram to send; `stream` is -1 where nobody waits for it */
    int64_t due;
    uint64_t at;
    uint32_t length;
    int32_t socket;
    int32_t stream;
    uint32_t number;
};

struct heard { /* one stream at one socket; `first` is what stands for its sender's first number, -1 while unknown */
    uint32_t ssrc;
    int32_t stream;
    int32_t first;
    uint32_t received;
    uint32_t least; /* bytes of its smallest packet */
};

struct question { /* a server's own check: who is asked, and its transaction */
    int32_t socket;
    uint8_t transaction[12];
};

struct crowd {
    const struct item *items;
    int64_t item_count, next;
    const uint8_t *arena;
    const int32_t *sockets;
    int64_t socket_count;
    struct heard *heard; /* HEARD places for each socket; ssrc 0: free */
    int64_t *sent_at;    /* by stream and number */
    int64_t *newest;     /* number sent last, by stream */
    int64_t span;        /* numbers of a stream */
    int64_t *histogram;  /* of added latency, `buckets` for even streams (sound), then as many for odd ones */
    int64_t buckets, bucket;
    int64_t from, until; /* what is measured; `media` counts what comes then, all else is about what is sent then */
    int64_t media, others, odd, unsent, latest;
    int64_t asked; /* how many of these are new */
    struct question questions[ASKED];
};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static struct heard *place(struct heard *table, uint32_t ssrc) {
    uint32_t at = (ssrc ^ ssrc >> 16) & (HEARD - 1);
    while (table[at].ssrc && table[at].ssrc != ssrc) at = (at + 1) & (HEARD - 1);
    return &table[at];
}

void crowd_hear(struct crowd *c, int64_t socket, uint32_t ssrc, int32_t stream) {
    struct heard *one = place(c->heard + socket * HEARD, ssrc);
    one->ssrc = ssrc;
    one->stream = stream;
    one->first = -1;
}

static void note_question(struct crowd *c, int64_t socket, const uint8_t *head) {
    if (c->asked == ASKED) return;
    struct question *one = &c->questions[c->asked++];
    one->socket = (int32_t)socket;
    memcpy(one->transaction, head + 8, sizeof one->transaction);
}

static void count(struct crowd *c, int64_t socket, const uint8_t *head, uint32_t length, int64_t came) {
    struct heard *table = c->heard + socket * HEARD;
    if (length >= LOOKED_AT && head[0] == 0 && head[1] == 1) note_question(c, socket, head);
    if (length < 12 || head[0] >> 6 != 2 || (head[1] >= 192 && head[1] <= 223)) {
        c->others++;
        return;
    }
    uint32_t ssrc;
    memcpy(&ssrc, head + 8, 4);
    struct heard *one = place(table, ntohl(ssrc));
    if (!one->ssrc) {
        c->others++;
        return;
    }
    uint16_t sequence = head[2] << 8 | head[3];
    if (came < c->from && (!one->least || length < one->least)) {
        one->least = length;
        one->first = -1;
    }
    /* Packets grow by a byte from one number to the next, and start again: so a picture that was left out for a while,
       which a server's numbers do not show, is noticed. */
    uint32_t rest = (length - one->least) % SIZES;
    uint32_t number = (uint16_t)(sequence - one->first);
    if (one->first < 0 || number % SIZES != rest) {
        number = c->newest[one->stream];
        if (number < SIZES) return;
        number -= (number - rest) % SIZES;
        one->first = (uint16_t)(sequence - number);
    }
    int64_t sent = number < c->span ? c->sent_at[one->stream * c->span + number] : 0;
    if (!sent || came < sent) { /* numbers do not match: the first packet was lost, say */
        c->odd++;
        return;
    }
    if (came >= c->from && came < c->until) c->media++;
    if (sent < c->from || sent >= c->until) return;
    one->received++;
    int64_t bucket = (came - sent) / c->bucket;
    if (bucket >= c->buckets) bucket = c->buckets - 1;
    c->histogram[(one->stream & 1) * c->buckets + bucket]++;
}

static int64_t moment(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(part), sizeof t);
            return t.tv_sec * SECOND + t.tv_nsec;
        }
    return 0;
}

static void drain(struct crowd *c, int64_t socket) {
    static uint8_t heads[BATCH][LOOKED_AT];
    static char controls[BATCH][64];
    static struct iovec vectors[BATCH];
    static struct mmsghdr messages[BATCH];
    int taken;
    do {
        for (int i = 0; i < BATCH; i++) {
            vectors[i] = (struct iovec){heads[i], LOOKED_AT};
            messages[i].msg_hdr = (struct msghdr){
                .msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = 64};
        }
        taken = recvmmsg(c->sockets[socket], messages, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
        for (int i = 0; i < taken; i++)
            count(c, socket, heads[i], messages[i].msg_len, moment(&messages[i].msg_hdr));
    } while (taken == BATCH);
}

static void send_item(struct crowd *c, const struct item *item) {
    int64_t before = now();
    if (before - item->due > c->latest) c->latest = before - item->due;
    if (item->stream >= 0) {
        c->sent_at[item->stream * c->span + item->number] = before;
        c->newest[item->stream] = item->number;
    }
    if (send(c->sockets[item->socket], c->arena + item->at, item->length, MSG_DONTWAIT) < 0) c->unsent++;
}

void crowd_run(struct crowd *c, int64_t until) {
    prctl(PR_SET_TIMERSLACK, 1000);
    int64_t drained = 0;
    for (;;) {
        int64_t moment = now();
        if (moment >= until) return;
        for (; c->next < c->item_count && c->items[c->next].due <= moment; c->next++)
            send_item(c, &c->items[c->next]);
        if (moment - drained >= DRAIN) {
            for (int64_t socket = 0; socket < c->socket_count; socket++) drain(c, socket);
            drained = moment;
            continue;
        }
        int64_t wake = drained + DRAIN < until ? drained + DRAIN : until;
        if (c->next < c->item_count && c->items[c->next].due < wake) wake = c->items[c->next].due;
        struct timespec t = {wake / SECOND, wake % SECOND};
        clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
    }
}
