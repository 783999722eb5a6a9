//! Tesseract, where it is installed: the library is looked for when it is needed, so that keshi starts, and reads all else, on machines that have none.
//!
//! Only its C interface is used. A recogniser opens its data when it is made, which must be before the sandbox is entered; from then on it needs memory
//! and time alone. It is given light, never a file of anybody's.

use super::line::Word;
use libloading::Library;
use likeness::grey::Grey;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::rc::Rc;

/// The library as systems name it: Debian's package `libtesseract5`, which `tesseract-ocr` brings.
const LIBRARIES: [&str; 3] = ["libtesseract.so.5", "libtesseract.so.4", "libtesseract.so"];

/// Text is looked for anywhere and in no order, as it lies on a screen (`PSM_SPARSE_TEXT`).
const SPARSE: c_int = 11;

/// How letters are told from their ground: by what is around them (Sauvola), since bars of several lights are in one picture.
const THRESHOLD: &CStr = c"2";

/// Dots an inch that letters are said to have; without it Tesseract guesses, and says so.
const RESOLUTION: c_int = 150;

type Handle = *mut c_void;

/// The functions that are used, as `tesseract/capi.h` declares them.
struct Functions {
    version: unsafe extern "C" fn() -> *const c_char,
    create: unsafe extern "C" fn() -> Handle,
    delete: unsafe extern "C" fn(Handle),
    init: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int,
    set_variable: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int,
    set_segmentation: unsafe extern "C" fn(Handle, c_int),
    set_image: unsafe extern "C" fn(Handle, *const u8, c_int, c_int, c_int, c_int),
    set_resolution: unsafe extern "C" fn(Handle, c_int),
    recognize: unsafe extern "C" fn(Handle, *mut c_void) -> c_int,
    words: unsafe extern "C" fn(Handle, c_int) -> *mut c_char,
    forget_text: unsafe extern "C" fn(*const c_char),
    clear: unsafe extern "C" fn(Handle),
    monitor: unsafe extern "C" fn() -> *mut c_void,
    forget_monitor: unsafe extern "C" fn(*mut c_void),
    set_deadline: unsafe extern "C" fn(*mut c_void, c_int),
    /// Keeps the functions where they are.
    _library: Library,
}

impl Functions {
    fn load() -> Result<Functions, String> {
        #[allow(unsafe_code, reason = "a library that may be absent is loaded when it is asked for")]
        // SAFETY: loading runs the initialisers of a library of the operating system, which only prepare its own data.
        let library = LIBRARIES.iter().find_map(|name| unsafe { Library::new(name) }.ok());
        let library = library.ok_or("Tesseract is not installed (Debian package tesseract-ocr)")?;
        macro_rules! function {
            ($name:literal) => {{
                #[allow(unsafe_code, reason = "functions of a library have the types that its header says")]
                // SAFETY: the field's type is that of the function in `capi.h`, the same in versions 4 and 5; the library stays loaded.
                let function = unsafe { library.get($name) }.map(|function| *function);
                function.map_err(|_| "this Tesseract is too old; version 4 or 5 is needed".to_owned())?
            }};
        }
        Ok(Functions {
            version: function!(b"TessVersion\0"),
            create: function!(b"TessBaseAPICreate\0"),
            delete: function!(b"TessBaseAPIDelete\0"),
            init: function!(b"TessBaseAPIInit3\0"),
            set_variable: function!(b"TessBaseAPISetVariable\0"),
            set_segmentation: function!(b"TessBaseAPISetPageSegMode\0"),
            set_image: function!(b"TessBaseAPISetImage\0"),
            set_resolution: function!(b"TessBaseAPISetSourceResolution\0"),
            recognize: function!(b"TessBaseAPIRecognize\0"),
            words: function!(b"TessBaseAPIGetTsvText\0"),
            forget_text: function!(b"TessDeleteText\0"),
            clear: function!(b"TessBaseAPIClear\0"),
            monitor: function!(b"TessMonitorCreate\0"),
            forget_monitor: function!(b"TessMonitorDelete\0"),
            set_deadline: function!(b"TessMonitorSetDeadlineMSecs\0"),
            _library: library,
        })
    }
}

/// Recognises text of one language.
pub(super) struct Recogniser {
    functions: Rc<Functions>,
    handle: Handle,
    /// Its language, as Tesseract names it.
    pub(super) language: &'static str,
}

impl Recogniser {
    /// The version, and a recogniser of each of these languages whose data is installed; or the reason why there is none.
    pub(super) fn open(languages: &[&'static str]) -> Result<(String, Vec<Recogniser>), String> {
        let functions = Rc::new(Functions::load()?);
        #[allow(unsafe_code, reason = "Tesseract is a C library")]
        // SAFETY: the function gives a constant text.
        let version = unsafe { CStr::from_ptr((functions.version)()) }.to_string_lossy().into_owned();
        let found: Vec<Recogniser> = languages.iter().filter_map(|language| Recogniser::of(&functions, language)).collect();
        if found.is_empty() {
            return Err(format!("Tesseract {version} is installed without data of a language ({})", languages.join(", ")));
        }
        Ok((version, found))
    }

    fn of(functions: &Rc<Functions>, language: &'static str) -> Option<Recogniser> {
        let name = CString::new(language).ok()?;
        #[allow(unsafe_code, reason = "Tesseract is a C library")]
        // SAFETY: the handle is the one just made, the name outlives the call, and no folder means the one Tesseract was built with.
        unsafe {
            let handle = (functions.create)();
            let recogniser = Recogniser { functions: functions.clone(), handle, language };
            let made = !handle.is_null() && (functions.init)(handle, std::ptr::null(), name.as_ptr()) == 0;
            if made {
                // Unknown to versions before 5, which go by their own.
                (functions.set_variable)(handle, c"thresholding_method".as_ptr(), THRESHOLD.as_ptr());
            }
            made.then_some(recogniser)
        }
    }

    /// The lines of a picture, each as its words; none where it takes longer than so many milliseconds, which is looked at between words.
    pub(super) fn lines(&self, picture: &Grey, most_ms: u32) -> Vec<Vec<Word>> {
        let (Ok(width), Ok(height)) = (c_int::try_from(picture.width()), c_int::try_from(picture.height())) else { return Vec::new() };
        if width < 8 || height < 8 {
            return Vec::new();
        }
        let functions = &self.functions;
        let mut table = None;
        #[allow(unsafe_code, reason = "Tesseract is a C library")]
        // SAFETY: the handle lives; the image has width times height bytes and outlives `clear`; the text is copied before it is freed, the monitor
        // freed once. Results are asked for only where recognition came to its end: after a break there may be words without any.
        unsafe {
            (functions.set_segmentation)(self.handle, SPARSE);
            (functions.set_image)(self.handle, picture.pixels().as_ptr(), width, height, 1, width);
            (functions.set_resolution)(self.handle, RESOLUTION);
            let monitor = (functions.monitor)();
            (functions.set_deadline)(monitor, c_int::try_from(most_ms).unwrap_or(c_int::MAX));
            if (functions.recognize)(self.handle, monitor) == 0 {
                let text = (functions.words)(self.handle, 0);
                if !text.is_null() {
                    table = Some(CStr::from_ptr(text).to_string_lossy().into_owned());
                    (functions.forget_text)(text);
                }
            }
            (functions.forget_monitor)(monitor);
            (functions.clear)(self.handle);
        }
        table.map(|table| read(&table)).unwrap_or_default()
    }
}

impl Drop for Recogniser {
    fn drop(&mut self) {
        #[allow(unsafe_code, reason = "Tesseract is a C library")]
        // SAFETY: the handle was made by `create`, or is null, which does nothing; it is used no more.
        unsafe {
            (self.functions.delete)(self.handle);
        }
    }
}

/// A table of level, page, block, paragraph, line, word, left, top, width, height, confidence of 100, text.
fn read(table: &str) -> Vec<Vec<Word>> {
    let mut lines: Vec<(Vec<&str>, Vec<Word>)> = Vec::new();
    for row in table.lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [level, page, block, paragraph, line, _, left, top, width, height, sure, text] = cells[..] else { continue };
        let place = [left, top, width, height].map(|number| number.parse::<u32>().ok());
        let ([Some(left), Some(top), Some(width), Some(height)], Ok(sure)) = (place, sure.parse::<f64>()) else { continue };
        let text = text.trim();
        if level != "5" || text.is_empty() {
            continue;
        }
        let word = Word { text: text.to_owned(), sure: (sure / 100.0).clamp(0.0, 1.0), left, top, width, height };
        let key = vec![page, block, paragraph, line];
        match lines.last_mut() {
            Some((same, words)) if *same == key => words.push(word),
            _ => lines.push((key, vec![word])),
        }
    }
    lines.into_iter().map(|(_, words)| words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_words_becomes_lines_and_nonsense_is_passed_over() {
        let table = "1\t1\t0\t0\t0\t0\t0\t0\t400\t60\t-1\t\n5\t1\t1\t1\t1\t1\t10\t20\t30\t12\t96.5\t会议号\n5\t1\t1\t1\t1\t2\t44\t20\t30\t12\t91\t123\n\
            5\t1\t1\t1\t2\t1\t10\t40\t30\t12\t88\t09:12\n5\t1\t1\t1\t3\t1\t-4\t40\t30\t12\t88\tx\n5\t1\nrubbish\n5\t1\t1\t1\t4\t1\t10\t40\t30\t12\tNaN\t \n";
        let lines = read(table);
        let told: Vec<Vec<&str>> = lines.iter().map(|line| line.iter().map(|word| word.text.as_str()).collect()).collect();
        assert_eq!(told, [vec!["会议号", "123"], vec!["09:12"]]);
        assert!((lines[0][0].sure - 0.965).abs() < 1e-9 && lines[0][1].left == 44);
    }
}
