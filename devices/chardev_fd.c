#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/chardev_internal.h"
#include "softmmu/alloc.h"

bool chardev_open_null(struct chardev *dev, const char *argument)
{
    return true;
}

bool chardev_open_file(struct chardev *dev, const char *argument)
{
    int fd = open(argument, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        report_error("%s: %s: %s", dev->label, argument, strerror(errno));
        return false;
    }
    chardev_use(dev, -1, fd);
    return true;
}

static void make_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/*
 * Standard output that never blocks. Its open file is shared with the shell and others, who must not find it non-blocking; so a
 * terminal or pipe is opened once more. A file never blocks, and a socket cannot be opened again.
 */
static int open_standard_output(void)
{
    struct stat status;
    if (fstat(STDOUT_FILENO, &status) < 0)
        return -1;
    int fd = -1;
    if (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode))
        fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd >= 0 && S_ISSOCK(status.st_mode))
        make_nonblocking(fd);
    return fd;
}

bool chardev_open_stdio(struct chardev *dev, const char *argument)
{
    chardev_use(dev, fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), open_standard_output());
    return true;
}

/*
 * The end of standard input is not the end of the run, and output that nobody takes any more (a closed pipe, a full disk) goes
 * nowhere.
 */
void chardev_lost_one_way(struct chardev *dev, bool output)
{
    if (!output) {
        chardev_drop_input(dev);
        return;
    }
    report_error("%s: its output is lost from here on: %s", dev->label, strerror(errno));
    chardev_drop_output(dev);
}

/* A pseudo-terminal that nobody has open says "hung up" for ever: it is looked at five times a second until somebody has. */
static const struct timeval pty_look = {0, 200000};

static void pty_attend(evutil_socket_t fd, short what, void *opaque)
{
    struct chardev *dev = opaque;
    assert(dev->listener >= 0);
    struct pollfd look = {.fd = dev->listener, .events = POLLIN};
    if (dev->in < 0 && poll(&look, 1, 0) >= 0 && !(look.revents & POLLHUP)) {
        int master = fcntl(dev->listener, F_DUPFD_CLOEXEC, 3);
        chardev_use(dev, master, master);
        return;
    }
    evtimer_add(dev->attend, &pty_look);
}

bool chardev_open_pty(struct chardev *dev, const char *argument)
{
    int master, slave;
    char name[64];
    struct termios raw = {0};
    cfmakeraw(&raw);
    if (openpty(&master, &slave, NULL, &raw, NULL) < 0 || ttyname_r(slave, name, sizeof(name)) != 0) {
        report_error("%s: no pseudo-terminal: %s", dev->label, strerror(errno));
        return false;
    }
    close(slave);
    make_nonblocking(master);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    dev->listener = master;
    fprintf(stderr, "stakeout: %s is %s\n", dev->label, name);
    dev->attend = alloc_checked(evtimer_new(dev->base, pty_attend, dev));
    evtimer_add(dev->attend, &pty_look);
    return true;
}

void chardev_lost_pty(struct chardev *dev, bool output)
{
    assert(dev->attend);
    chardev_drop(dev);
    evtimer_add(dev->attend, &pty_look);
}
