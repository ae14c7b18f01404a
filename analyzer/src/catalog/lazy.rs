//! A part of a description that few statements ask for, read when it is first looked at.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// A value, or the way to read it.
#[derive(Clone)]
pub struct Lazy<T> {
    value: OnceCell<T>,
    read: Option<Rc<dyn Fn() -> T>>,
}

impl<T: Default> Lazy<T> {
    /// A value that is not read yet. The reader has no way to fail: what it cannot tell is the default.
    pub fn new(read: impl Fn() -> T + 'static) -> Self {
        Self { value: OnceCell::new(), read: Some(Rc::new(read)) }
    }

    fn read(&self) -> T {
        self.read.as_ref().map_or_else(T::default, |read| read())
    }

    /// Changes the value.
    pub fn change(&mut self, change: impl FnOnce(&mut T)) {
        let mut value = self.value.take().unwrap_or_else(|| self.read());
        change(&mut value);
        self.value = OnceCell::from(value);
    }
}

impl<T: Default> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| self.read())
    }
}

impl<T: Default> Default for Lazy<T> {
    fn default() -> Self {
        Self::from(T::default())
    }
}

impl<T> From<T> for Lazy<T> {
    fn from(value: T) -> Self {
        Self { value: OnceCell::from(value), read: None }
    }
}

impl<T: Default + fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        T::fmt(self, to)
    }
}

#[cfg(test)]
mod tests {
    use super::Lazy;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn is_read_once_and_only_if_it_is_looked_at() {
        let reads = Rc::new(Cell::new(0));
        let counter = Rc::clone(&reads);
        let mut lazy = Lazy::new(move || {
            counter.set(counter.get() + 1);
            vec![1]
        });
        assert_eq!(reads.get(), 0, "not before it is looked at");
        assert_eq!((lazy.len(), lazy.first()), (1, Some(&1)));
        lazy.change(|list| list.push(2));
        assert_eq!((lazy.clone().len(), reads.get()), (2, 1), "once, and a change builds on what was read");
    }
}
