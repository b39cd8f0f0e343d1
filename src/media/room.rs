//! Room to decode in: pictures that are decoded at the same time share a fixed amount of memory.
//!
//! In: how many bytes a picture may take. Out: a [`Place`], once there are as many free; it is free again when the place is dropped.

use std::sync::{Condvar, Mutex, PoisonError};

/// The memory that is free for decoding.
#[derive(Debug)]
pub(super) struct Room {
    size: u64,
    free: Mutex<u64>,
    left: Condvar,
}

/// A part of the room.
#[derive(Debug)]
pub(super) struct Place<'r> {
    room: &'r Room,
    bytes: u64,
}

impl Room {
    pub fn new(size: u64) -> Self {
        Self { size, free: Mutex::new(size), left: Condvar::new() }
    }

    /// Waits until so many bytes are free; what is larger than the whole room waits for all of it. Whoever holds a place must not wait
    /// for another.
    pub fn enter(&self, bytes: u64) -> Place<'_> {
        let bytes = bytes.min(self.size);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.left.wait_while(free, |free| *free < bytes).unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Place { room: self, bytes }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.room.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.room.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Room;

    #[test]
    fn never_more_is_taken_than_there_is() {
        let room = Room::new(10);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [4, 7, 3, 10, 99, 1, 6, 5] {
                let (room, now, most) = (&room, &now, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let _place = room.enter(bytes);
                        let taken = bytes.min(10);
                        most.fetch_max(now.fetch_add(taken, Ordering::SeqCst) + taken, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(taken, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!((1..=10).contains(&most.into_inner()));
    }
}
