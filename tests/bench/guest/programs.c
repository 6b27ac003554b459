/* Integer and floating-point programs; each returns a checksum that is the same on every guest. */
#include "bench.h"

u32 seed;
#define NODES 1000
static struct node {
    struct node *next;
    u32 val, data, pad;
} nodes[NODES] PAGE;
static struct {
    u32 table[256], counts[64];
} crc PAGE;
static u8 text[4096];
static char names[512][12];

void programs_setup(void)
{
    static const char pat[] = "0123.45e-7 +12,0x3f;abc -9.1e+4, 77 zz\n";
    seed = 12345;
    for (int i = 0; i < NODES; i++) {
        nodes[i].val = rnd();
        nodes[i].data = i;
    }
    for (int i = 0; i < NODES; i++)
        nodes[(i * 7) % NODES].next = &nodes[((i + 1) * 7) % NODES];
    nodes[((NODES - 1) * 7) % NODES].next = 0;
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        crc.table[i] = c;
    }
    for (unsigned i = 0, k = 0; i < sizeof text; i++) {
        text[i] = pat[k];
        k = (k + 1 + (rnd() % 17 == 0)) % (sizeof pat - 1);
    }
    for (int i = 0; i < 512; i++) {
        u32 r = rnd();
        int n = 5 + (r & 3);
        for (int k = 0; k < n; k++)
            names[i][k] = 'a' + ((r >> (2 * k)) & 15);
        names[i][n] = 'a' + i % 26;
        names[i][n + 1] = '0' + i / 26 % 26;
        names[i][n + 2] = 0;
    }
}

NOINLINE u32 part_crc(u32 n)
{
    u32 c = ~0u;
    while (n--)
        for (unsigned i = 0; i < sizeof text; i++)
            c = crc.table[(c ^ text[i]) & 255] ^ (c >> 8);
    return ~c;
}

static u32 copy_a[8192], copy_b[8192]; /* 32 KB each */
NOINLINE u32 part_copy(u32 n)
{
    for (u32 i = 0; i < 8192; i++)
        copy_a[i] = i * 2654435761u;
    while (n--) {
        copy_a[n & 8191] ^= n;
        for (u32 *s = copy_a, *d = copy_b; s != copy_a + 8192; s += 8, d += 8) {
            u32 x0 = s[0], x1 = s[1], x2 = s[2], x3 = s[3], x4 = s[4], x5 = s[5], x6 = s[6], x7 = s[7];
            d[0] = x0;
            d[1] = x1;
            d[2] = x2;
            d[3] = x3;
            d[4] = x4;
            d[5] = x5;
            d[6] = x6;
            d[7] = x7;
        }
    }
    u32 s = 0;
    for (u32 i = 0; i < 8192; i++)
        s = s * 3 + copy_b[i];
    return s;
}

static void quick(u32 *a, int lo, int hi)
{
    while (lo < hi) {
        u32 p = a[(lo + hi) >> 1];
        int i = lo, j = hi;
        while (i <= j) {
            while (a[i] < p)
                i++;
            while (a[j] > p)
                j--;
            if (i <= j) {
                u32 t = a[i];
                a[i] = a[j];
                a[j] = t;
                i++;
                j--;
            }
        }
        if (j - lo < hi - i) {
            quick(a, lo, j);
            lo = i;
        } else {
            quick(a, i, hi);
            hi = j;
        }
    }
}
NOINLINE u32 part_qsort(u32 n)
{
    static u32 a[2048];
    u32 s = 0;
    seed = 99;
    while (n--) {
        for (int i = 0; i < 2048; i++)
            a[i] = rnd();
        quick(a, 0, 2047);
        s = s * 31 + a[n & 2047];
    }
    return s;
}

static NOINLINE u32 fib(u32 n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
NOINLINE u32 part_fib(u32 n)
{
    u32 s = 0;
    while (n--)
        s = s * 3 + fib(20);
    return s;
}

#define HSIZE 1024
static u32 fnv(const char *p)
{
    u32 h = 2166136261u;
    while (*p)
        h = (h ^ (u8)*p++) * 16777619u;
    return h;
}
static int equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}
NOINLINE u32 part_hash(u32 n)
{
    static const char *keys[HSIZE];
    static u32 vals[HSIZE];
    u32 s = 0;
    for (int i = 0; i < HSIZE; i++)
        keys[i] = 0, vals[i] = 0;
    while (n--)
        for (int i = 0; i < 512; i++) {
            u32 h = fnv(names[i]), k = h & (HSIZE - 1);
            while (keys[k] && !equal(keys[k], names[i]))
                k = (k + 1) & (HSIZE - 1);
            keys[k] = names[i];
            vals[k] += n;
            s += vals[k] ^ h;
        }
    return s;
}

NOINLINE u32 part_matmul(u32 n)
{
    static u32 a[32][32], b[32][32], c[32][32];
    u32 s = 0;
    seed = 17;
    for (int i = 0; i < 32; i++)
        for (int j = 0; j < 32; j++) {
            a[i][j] = rnd() & 255;
            b[i][j] = rnd() & 255;
        }
    while (n--) {
        for (int i = 0; i < 32; i++)
            for (int j = 0; j < 32; j++) {
                u32 t = 0;
                for (int k = 0; k < 32; k++)
                    t += a[i][k] * b[k][j];
                c[i][j] = t;
            }
        s += c[n & 31][(n >> 5) & 31];
        a[n & 31][(n >> 3) & 31] ^= s & 15;
    }
    return s;
}

/* SHA-1 (FIPS 180-4) of the text, block by block. */
static u32 rol(u32 x, int k)
{
    return x << k | x >> (32 - k);
}
static void sha1_block(u32 h[5], const u8 *p)
{
    u32 w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int t = 0; t < 16; t++, p += 4)
        w[t] = (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    for (int t = 16; t < 80; t++)
        w[t] = rol(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (int t = 0; t < 80; t++) {
        u32 f = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999u
                : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1u
                : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu
                         : (b ^ c ^ d) + 0xca62c1d6u;
        u32 x = rol(a, 5) + f + e + w[t];
        e = d;
        d = c;
        c = rol(b, 30);
        b = a;
        a = x;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}
NOINLINE u32 part_sha(u32 n)
{
    u32 h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    while (n--)
        for (unsigned i = 0; i < 1024; i += 64)
            sha1_block(h, text + i);
    return h[0] ^ h[1] ^ h[2] ^ h[3] ^ h[4];
}

/* LZ77 with 3-byte hash heads: a control byte < 128 is a literal run, else a match of (c - 125) bytes at a 16-bit distance. */
static u8 plain[4096], packed[8192], unpacked[4096];
static unsigned lz_pack(const u8 *s, unsigned len, u8 *d)
{
    static unsigned head[4096];
    unsigned i = 0, o = 0, lit = 0;
    for (unsigned k = 0; k < 4096; k++)
        head[k] = ~0u;
    while (i < len) {
        unsigned m = 0, at = ~0u, k;
        if (i + 3 <= len) {
            k = ((s[i] << 16 | s[i + 1] << 8 | s[i + 2]) * 2654435761u) >> 20;
            at = head[k];
            head[k] = i;
            if (at != ~0u)
                while (m < 130 && i + m < len && s[at + m] == s[i + m])
                    m++;
        }
        if (m >= 3) {
            d[o++] = m + 125;
            d[o++] = (i - at) >> 8;
            d[o++] = i - at;
            i += m;
            lit = 0;
        } else {
            if (!lit || d[lit - 1] == 127) {
                lit = ++o;
                d[lit - 1] = 0;
            } else
                d[lit - 1]++;
            d[o++] = s[i++];
        }
    }
    return o;
}
static unsigned lz_unpack(const u8 *s, unsigned len, u8 *d)
{
    unsigned o = 0;
    for (const u8 *e = s + len; s < e;) {
        unsigned c = *s++;
        if (c < 128) {
            do
                d[o++] = *s++;
            while (c--);
            continue;
        }
        unsigned dist = s[0] << 8 | s[1];
        s += 2;
        for (c -= 125; c--; o++)
            d[o] = d[o - dist];
    }
    return o;
}
NOINLINE u32 part_lz(u32 n)
{
    u32 s = 0;
    for (unsigned i = 0; i < sizeof plain; i++)
        plain[i] = text[i];
    while (n--) {
        unsigned len = lz_pack(plain, sizeof plain, packed), back = lz_unpack(packed, len, unpacked);
        s = s * 31 + len + back + packed[n % len] + unpacked[n & 4095];
        for (unsigned i = 0; i < sizeof plain; i++)
            if (unpacked[i] != plain[i])
                return 0;
        plain[n & 4095] = 'a' + (s & 7);
    }
    return s;
}

/* Byte-code interpreter: a stack machine. */
enum { OP_PUSH, OP_ADD, OP_SUB, OP_MUL, OP_XOR, OP_DUP, OP_SWAP, OP_LOAD, OP_STORE, OP_JNZ, OP_DEC, OP_SHR, OP_HALT };
static const u8 prog[] = {OP_PUSH,          200,      OP_STORE, 0,      OP_PUSH,  1,       OP_STORE, 1,
                          /* 8: */ OP_LOAD, 1,        OP_PUSH,  31,     OP_MUL,   OP_LOAD, 0,        OP_ADD, OP_DUP,
                          OP_PUSH,          3,        OP_SHR,   OP_XOR, OP_STORE, 1,       OP_LOAD,  0,      OP_DEC,
                          OP_DUP,           OP_STORE, 0,        OP_JNZ, 8,        OP_LOAD, 1,        OP_HALT};
static u32 interpret(const u8 *code, u32 *var)
{
    u32 stk[16], *sp = stk;
    for (const u8 *pc = code;;)
        switch (*pc++) {
        case OP_PUSH:
            *sp++ = *pc++;
            break;
        case OP_ADD:
            sp--;
            sp[-1] += sp[0];
            break;
        case OP_SUB:
            sp--;
            sp[-1] -= sp[0];
            break;
        case OP_MUL:
            sp--;
            sp[-1] *= sp[0];
            break;
        case OP_XOR:
            sp--;
            sp[-1] ^= sp[0];
            break;
        case OP_DUP:
            sp[0] = sp[-1];
            sp++;
            break;
        case OP_SWAP: {
            u32 t = sp[-1];
            sp[-1] = sp[-2];
            sp[-2] = t;
            break;
        }
        case OP_LOAD:
            *sp++ = var[*pc++];
            break;
        case OP_STORE:
            var[*pc++] = *--sp;
            break;
        case OP_JNZ:
            if (*--sp)
                pc = code + *pc;
            else
                pc++;
            break;
        case OP_DEC:
            sp[-1]--;
            break;
        case OP_SHR:
            sp--;
            sp[-1] >>= sp[0] & 31;
            break;
        case OP_HALT:
            return sp[-1];
        }
}
NOINLINE u32 part_interp(u32 n)
{
    u32 var[4] = {0}, s = 0;
    while (n--)
        s = s * 5 + interpret(prog, var) + n;
    return s;
}

static NOINLINE u32 f0(u32 x)
{
    return x + 1;
}
static NOINLINE u32 f1(u32 x)
{
    return x ^ 0x55;
}
static NOINLINE u32 f2(u32 x)
{
    return x * 3;
}
static NOINLINE u32 f3(u32 x)
{
    return x >> 1;
}
static u32 (*volatile fns[4])(u32) = {f0, f1, f2, f3};
NOINLINE u32 part_icall(u32 n)
{
    u32 s = 1;
    while (n--)
        for (u32 i = 0; i < 1000; i++)
            s = fns[(s * 2654435761u) >> 30](s + i);
    return s;
}

static NOINLINE unsigned str_len(const char *s)
{
    const char *p = s;
    while (*p)
        p++;
    return p - s;
}
static NOINLINE char *str_copy(char *d, const char *s)
{
    while ((*d = *s++))
        d++;
    return d;
}
static NOINLINE int str_cmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (u8)*a - (u8)*b;
}
static NOINLINE const char *str_chr(const char *s, int c)
{
    for (; *s; s++)
        if (*s == c)
            return s;
    return 0;
}
NOINLINE u32 part_str(u32 n)
{
    static char line[512 * 12];
    u32 s = 0;
    while (n--) {
        char *d = line;
        for (int i = 0; i < 512; i++)
            d = str_copy(d, names[(i * 5 + n) & 511]);
        s = s * 31 + str_len(line);
        for (int i = 1; i < 512; i++)
            s += str_cmp(names[i - 1], names[i]) > 0;
        for (const char *p = line; (p = str_chr(p, 'c')); p++)
            s++;
    }
    return s;
}

NOINLINE u32 part_list(u32 n) /* walk, reverse, search */
{
    struct node *head = &nodes[0], *p, *q, *r;
    u32 s = 0;
    n |= 1;
    do {
        for (p = head; p; p = p->next)
            s += p->val ^ p->data;
        for (p = head, r = 0; p; p = q) {
            q = p->next;
            p->next = r;
            r = p;
        }
        head = r;
        for (p = head; p->data != 500; p = p->next)
            s++;
        p->val = s;
    } while (n--); /* n + 1 is even: the order is back as it was */
    return s;
}

enum { S_START, S_INT, S_SIGN, S_FLOAT, S_EXP, S_SCI, S_HEX, S_WORD, S_BAD, S_N };
static int next_state(int st, u8 c)
{
    int digit = c >= '0' && c <= '9';
    switch (st) {
    case S_START:
        return digit ? S_INT : c == '+' || c == '-' ? S_SIGN : c == '.' ? S_FLOAT : c >= 'a' && c <= 'z' ? S_WORD : S_BAD;
    case S_SIGN:
        return digit ? S_INT : c == '.' ? S_FLOAT : S_BAD;
    case S_INT:
        return digit ? S_INT : c == '.' ? S_FLOAT : c == 'e' ? S_EXP : c == 'x' ? S_HEX : S_BAD;
    case S_FLOAT:
        return digit ? S_FLOAT : c == 'e' ? S_EXP : S_BAD;
    case S_EXP:
        return digit || c == '+' || c == '-' ? S_SCI : S_BAD;
    case S_SCI:
        return digit ? S_SCI : S_BAD;
    case S_HEX:
        return digit || (c >= 'a' && c <= 'f') ? S_HEX : S_BAD;
    case S_WORD:
        return c >= 'a' && c <= 'z' ? S_WORD : S_BAD;
    default:
        return st;
    }
}
NOINLINE u32 part_state(u32 n) /* number scanner */
{
    u32 s = 0;
    for (int i = 0; i < S_N; i++)
        crc.counts[i] = 0;
    while (n--) {
        int st = S_START;
        for (unsigned i = 0; i < sizeof text; i++) {
            u8 c = text[i];
            if (c == ' ' || c == ',' || c == ';' || c == '\n') {
                crc.counts[st]++;
                st = S_START;
            } else
                st = next_state(st, c);
        }
    }
    for (int i = 0; i < S_N; i++)
        s = s * 31 + crc.counts[i];
    return s;
}

#define SZ16 (16u << 20)
NOINLINE u32 part_set(u32 n)
{
    u32 *b = (u32 *)BIG;
    for (u32 v = 7; v < n + 7; v++)
        for (u32 *d = b; d != b + SZ16 / 4; d += 8) {
            d[0] = v;
            d[1] = v;
            d[2] = v;
            d[3] = v;
            d[4] = v;
            d[5] = v;
            d[6] = v;
            d[7] = v;
        }
    return b[1234] + b[SZ16 / 4 - 1];
}

/* Pointer chase through 64-byte lines in random order (one cycle over all lines). */
static void chase_setup(u32 lines)
{
    u32 *idx = (u32 *)(BIG + (64u << 20));
    seed = 7;
    for (u32 i = 0; i < lines; i++)
        idx[i] = i;
    for (u32 i = lines - 1; i > 0; i--) {
        u32 j = (rnd() ^ (rnd() << 12)) % i;
        u32 t = idx[i];
        idx[i] = idx[j];
        idx[j] = t;
    }
    for (u32 i = 0; i < lines; i++)
        *(u32 *)(BIG + i * 64) = BIG + idx[i] * 64;
}
void chase_256k(void)
{
    chase_setup((1u << 18) / 64);
}
void chase_64m(void)
{
    chase_setup((64u << 20) / 64);
}
NOINLINE u32 part_chase(u32 n)
{
    u32 *p = (u32 *)BIG;
    while (n--) {
        p = (u32 *)*p;
        p = (u32 *)*p;
        p = (u32 *)*p;
        p = (u32 *)*p;
        p = (u32 *)*p;
        p = (u32 *)*p;
        p = (u32 *)*p;
        p = (u32 *)*p;
    }
    return (u32)p - BIG;
}

static struct body {
    double x, y, z, vx, vy, vz, m;
} bodies[5];
static void nbody_setup(void)
{
    seed = 5;
    for (int i = 0; i < 5; i++) {
        struct body *b = &bodies[i];
        b->x = (int)(rnd() & 1023) * 0.01;
        b->y = (int)(rnd() & 1023) * 0.01;
        b->z = (int)(rnd() & 1023) * 0.01;
        b->vx = (int)(rnd() & 255) * 0.001;
        b->vy = (int)(rnd() & 255) * 0.001;
        b->vz = (int)(rnd() & 255) * 0.001;
        b->m = 1.0 + i;
    }
}
static void attract(struct body *a, struct body *b)
{
    double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
    double d2 = dx * dx + dy * dy + dz * dz + 0.01, mag = 0.001 / (d2 * __builtin_sqrt(d2));
    a->vx -= dx * b->m * mag;
    a->vy -= dy * b->m * mag;
    a->vz -= dz * b->m * mag;
    b->vx += dx * a->m * mag;
    b->vy += dy * a->m * mag;
    b->vz += dz * a->m * mag;
}
NOINLINE u32 part_nbody(u32 n)
{
    u32 s = 0;
    nbody_setup();
    while (n--) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++)
                attract(&bodies[i], &bodies[j]);
        for (int i = 0; i < 5; i++) {
            struct body *a = &bodies[i];
            a->x += 0.001 * a->vx;
            a->y += 0.001 * a->vy;
            a->z += 0.001 * a->vz;
        }
    }
    for (int i = 0; i < 5; i++)
        s = s * 31 + (u32)(int)(bodies[i].x * 100000.0) + (u32)(int)(bodies[i].vy * 1000000.0);
    return s;
}

NOINLINE u32 part_mandel(u32 n)
{
    u32 s = 0;
    while (n--)
        for (int py = 0; py < 32; py++)
            for (int px = 0; px < 32; px++) {
                float cr = px * (3.0f / 32) - 2.0f, ci = py * (2.0f / 32) - 1.0f, r = 0, i = 0;
                int k;
                for (k = 0; k < 100 && r * r + i * i < 4.0f; k++) {
                    float t = r * r - i * i + cr;
                    i = 2 * r * i + ci;
                    r = t;
                }
                s += k;
            }
    return s;
}

NOINLINE u32 part_fpmix(u32 n) /* single arrays, double sums, conversions, compares, square root */
{
    static float x[256], y[256];
    double total = 0;
    seed = 11;
    for (int i = 0; i < 256; i++) {
        x[i] = (int)(rnd() & 1023) * 0.125f;
        y[i] = (int)(rnd() & 1023) * 0.25f;
    }
    while (n--) {
        double dot = 0;
        float big = 0;
        for (int i = 0; i < 256; i++) {
            float z = x[i] * 0.5f + y[i];
            dot += (double)x[i] * z;
            if (z > big)
                big = z;
            y[i] = z > 200.0f ? z - 199.5f : (float)(int)(z * 2.0f) * 0.5f;
        }
        total = total * 0.5 + __builtin_sqrt(dot) + big;
    }
    return (u32)(int)(total * 1000.0);
}
