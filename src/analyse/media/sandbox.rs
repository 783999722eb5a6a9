//! The door behind which foreign bytes are parsed.
//!
//! Before the first byte is read the child closes every descriptor but standard input (the file), output (the answer) and error,
//! limits its memory, processor time, files and processes, and then allows itself the few system calls that decoding needs: read
//! what is open, take memory, look at the clock, answer, end. Everything else — opening any file for reading or writing, sockets,
//! new processes and threads, other programs, other processes' memory — is refused by the kernel, whatever the decoder was talked into.

#[cfg(target_os = "linux")]
pub(super) use linux::enter;

/// Shuts the process in, or says what the machine lacks; then nothing must be read.
#[cfg(not(target_os = "linux"))]
pub(super) fn enter(_limits: &super::limits::Limits) -> Result<(), String> {
    Err("pictures and videos are analysed on Linux alone, where the sandbox exists".into())
}

#[cfg(target_os = "linux")]
mod linux {
    use crate::analyse::media::limits::Limits;
    use libc::c_long;
    use rustix::process::{Resource, Rlimit};
    use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
    use std::collections::BTreeMap;

    /// How much longer than the parent's patience the child may live when there is no parent left to end it.
    const ORPHAN_S: u64 = 5;

    /// Shuts the process in, or says what the machine lacks; then nothing must be read.
    pub(in crate::analyse::media) fn enter(limits: &Limits) -> Result<(), String> {
        let own = own_memory()?;
        close_all_but_three();
        limit(limits, own).map_err(|error| format!("limits cannot be set: {error}"))?;
        // Uploads come first; failing to be modest is no reason not to work.
        let _ = rustix::process::nice(5);
        // No other process of the same user may look into this one, nor may it leave a core file.
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(|error| error.to_string())?;
        let program = filter().map_err(|error| format!("the filter of system calls cannot be built: {error}"))?;
        // Sets no_new_privs as well.
        seccompiler::apply_filter(&program).map_err(|error| format!("the kernel takes no filter of system calls: {error}"))
    }

    /// Bytes of address space that the program itself takes: code and libraries, which the limit must not count.
    fn own_memory() -> Result<u64, String> {
        let status = std::fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc cannot be read: {error}"))?;
        let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(size.ok_or("/proc does not tell the size of this process")? << 10)
    }

    fn close_all_but_three() {
        #[allow(unsafe_code, reason = "closing descriptors nobody will use again has no other interface")]
        // SAFETY: the process has one thread, and nothing in it holds a descriptor above standard error.
        unsafe {
            if libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) != 0 {
                // Kernels before 5.9: those a parent may have left open lie low.
                for descriptor in 3..4096 {
                    libc::close(descriptor);
                }
            }
        }
    }

    fn limit(limits: &Limits, own: u64) -> rustix::io::Result<()> {
        let at_most = |resource, most: u64| rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
        // The soft limit ends the process with a signal that tells why, the hard one a second later with one that does not.
        let cpu = Rlimit { current: Some(limits.cpu_s), maximum: Some(limits.cpu_s + 1) };
        rustix::process::setrlimit(Resource::Cpu, cpu)?;
        at_most(Resource::As, own.saturating_add(limits.memory_bytes))?;
        at_most(Resource::Fsize, 0)?;
        at_most(Resource::Nproc, 0)?;
        at_most(Resource::Core, 0)?;
        at_most(Resource::Memlock, 0)?;
        at_most(Resource::Nofile, 3)?;
        let seconds = u32::try_from(limits.wall_s + ORPHAN_S).unwrap_or(u32::MAX);
        #[allow(unsafe_code, reason = "the alarm has no safe interface")]
        // SAFETY: alarm takes a number and touches no memory; its signal ends the process.
        unsafe {
            libc::alarm(seconds);
        }
        Ok(())
    }

    /// Allows what decoding from an open file needs; everything else answers EPERM.
    fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
        let is = |argument, value: u64| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
        let not_executable = || {
            let protection = u64::from(libc::PROT_EXEC.cast_unsigned());
            SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(protection), 0)
        };
        let own_process = u64::from(std::process::id());
        let mut calls: BTreeMap<c_long, Vec<SeccompRule>> = FREE.iter().map(|call| (*call, Vec::new())).collect();
        let answer =
            || -> Result<_, seccompiler::BackendError> { Ok(vec![SeccompRule::new(vec![is(0, 1)?])?, SeccompRule::new(vec![is(0, 2)?])?]) };
        calls.insert(libc::SYS_write, answer()?);
        calls.insert(libc::SYS_writev, answer()?);
        calls.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![not_executable()?])?]);
        calls.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![not_executable()?])?]);
        // abort() signals itself.
        calls.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![is(0, own_process)?])?]);
        let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
        SeccompFilter::new(calls, refused, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?.try_into()
    }

    /// Calls allowed with any arguments. None of them opens, creates, names, sends to, or becomes anything.
    const FREE: &[c_long] = &[
        // The file.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_lseek,
        libc::SYS_close,
        // Memory.
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        // Locks, clocks, chance, itself.
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_getrusage,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        // Signals and the end.
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
}
