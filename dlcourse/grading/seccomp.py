"""The system calls that a submission may not make.

The sandbox already has no network, no capabilities and no other processes in sight.
What is refused here are doors into the kernel that no notebook needs and that were the
way out of many a sandbox: mounts and namespaces, tracing of other processes, keys,
eBPF, performance counters, user faults, io_uring, modules. Each fails with EPERM.
"""

import errno
import os

REFUSED = """
    acct add_key bpf clock_adjtime clock_settime clone3 delete_module fanotify_init
    finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter
    io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
    lookup_dcookie mount mount_setattr move_mount move_pages name_to_handle_at
    nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root
    process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot request_key
    setdomainname sethostname setns settimeofday swapoff swapon sysfs syslog umount2
    unshare userfaultfd vhangup vmsplice
"""
NEW_NAMESPACE = (0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x04000000, 0x08000000)


def program() -> int | None:
    """A file descriptor of the filter, for bwrap --seccomp; None without libseccomp.

    clone3 is refused with ENOSYS, so that the C library falls back on clone, whose
    flags a filter can read: new namespaces are refused, new threads are not.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError):
        return None
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for name in REFUSED.split():
        code = errno.ENOSYS if name == "clone3" else errno.EPERM
        try:
            rules.add_rule(pyseccomp.ERRNO(code), name)
        except (OSError, ValueError, RuntimeError):
            continue  # this kernel or library does not know the call
    for flag in NEW_NAMESPACE:
        rules.add_rule(
            pyseccomp.ERRNO(errno.EPERM),
            "clone",
            pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag),
        )
    handle = os.memfd_create("seccomp")
    with os.fdopen(os.dup(handle), "wb") as file:
        rules.export_bpf(file)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle
