//! What the guard says below an error: a WARNING, a NOTICE, or a line in the server's log.

use crate::error::Report;
use crate::guc;

/// Reports it, unless `zdm.guard_messages` is off.
pub fn tell(level: u32, report: &Report) {
    if guc::GUARD_MESSAGES.get() {
        crate::shim::report(level, report);
    }
}
