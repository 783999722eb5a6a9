//! FFmpeg, opened on the one descriptor there is and told how little it may do.

use super::limits::Limits;
use super::source::Source;
use ffmpeg::ffi;
use ffmpeg::format::context::Input;
use ffmpeg_next as ffmpeg;
use std::ffi::{c_int, c_void};
use std::io::{Read, Seek, SeekFrom};

/// Containers that recorders, meeting clients and phones write. Playlists and everything else that names other files are not among them.
const FORMATS: &str = "mov,matroska,flv,avi,asf,mpegts,mpeg,ogg,rm,wav,mp3,aac,flac,amr,h264,hevc";

/// Decoders that those containers need; the hundreds of game and broadcast codecs that FFmpeg has besides stay out of reach.
const CODECS: &str = "h264,hevc,vp8,vp9,libvpx-vp9,av1,libdav1d,mpeg4,mpeg1video,mpeg2video,msmpeg4v1,msmpeg4v2,msmpeg4,h261,h263,h263p,flv,\
wmv1,wmv2,wmv3,vc1,mss1,mss2,wmv3image,vc1image,mjpeg,theora,vp6,vp6f,svq3,rv30,rv40,prores,dvvideo,cinepak,msvideo1,msrle,tscc,tscc2,g2m,\
flashsv,flashsv2,qtrle,png,rawvideo,aac,aac_latm,mp3,mp3float,mp2,mp2float,ac3,eac3,opus,libopus,vorbis,flac,alac,speex,libspeex,amrnb,\
amrwb,libopencore_amrnb,libopencore_amrwb,wmav1,wmav2,wmapro,wmavoice,nellymoser,cook,sipr,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_swf,\
gsm,gsm_ms,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_u8,pcm_f32le,pcm_alaw,pcm_mulaw";

/// Bytes looked at to recognise a container, and microseconds of content to recognise its streams: FFmpeg's own defaults, said aloud.
const PROBE_BYTES: &str = "5000000";
const PROBE_MICROS: &str = "5000000";

/// Bytes read at once.
const BUFFER: usize = 64 << 10;

/// Why FFmpeg did not open a file.
pub(super) fn sentence(error: ffmpeg::Error) -> String {
    const NO_MEMORY: c_int = libc::ENOMEM;
    match error {
        ffmpeg::Error::Other { errno: NO_MEMORY } => "Opening the video needs more memory than is allowed.".into(),
        ffmpeg::Error::DecoderNotFound => "The video is coded in a way that keshi does not know; export it as MP4.".into(),
        _ => "The video cannot be opened: it is damaged, cut short before its index, or in no format that keshi knows; export it again as MP4."
            .into(),
    }
}

/// Opens the file and recognises its streams, each of which may have at most `limits.max_pixels`.
pub(super) fn open(source: &Source, limits: &Limits) -> Result<Input, String> {
    let max_streams = (limits.max_streams + 1).to_string();
    let mut options = ffmpeg::Dictionary::new();
    for (name, value) in [
        ("format_whitelist", FORMATS),
        ("codec_whitelist", CODECS),
        ("protocol_whitelist", "file"),
        ("probesize", PROBE_BYTES),
        ("analyzeduration", PROBE_MICROS),
        ("max_streams", &max_streams),
    ] {
        options.set(name, value);
    }
    // FFmpeg says of a track too many that there is no memory for it.
    let mut input = demuxer(source, options).map_err(|error| match error {
        ffmpeg::Error::Other { errno: libc::ENOMEM } => {
            format!("The video has more than {} tracks, or needs more memory than is allowed; export it with fewer.", limits.max_streams)
        }
        error => sentence(error),
    })?;
    if input.nb_streams() > limits.max_streams {
        return Err(format!("The video has more than {} tracks; export it with fewer.", limits.max_streams));
    }
    recognise(&mut input, limits).map_err(sentence)?;
    if input.nb_streams() > limits.max_streams {
        return Err(format!("The video has more than {} tracks; export it with fewer.", limits.max_streams));
    }
    Ok(input)
}

/// The next packet, of whichever track. Always in a packet of its own: FFmpeg reads over what one held and never gives that back.
pub(super) fn next(input: &mut Input) -> Result<ffmpeg::Packet, ffmpeg::Error> {
    let mut packet = ffmpeg::Packet::empty();
    packet.read(input).map(|()| packet)
}

#[allow(unsafe_code, reason = "ffmpeg-next opens by path alone; the sandbox has no paths")]
fn demuxer(source: &Source, options: ffmpeg::Dictionary) -> Result<Input, ffmpeg::Error> {
    let no_memory = ffmpeg::Error::Other { errno: libc::ENOMEM };
    // SAFETY: the buffer belongs to the IO context, the IO context and the boxed source to the process: both are left to its end, a few
    // kilobytes in a process that opens one or two inputs. avformat_open_input frees the format context when it fails.
    unsafe {
        let opaque = Box::into_raw(Box::new(source.clone())).cast::<c_void>();
        let buffer = ffi::av_malloc(BUFFER).cast::<u8>();
        if buffer.is_null() {
            return Err(no_memory);
        }
        let io = ffi::avio_alloc_context(buffer, BUFFER as c_int, 0, opaque, Some(read), None, Some(seek));
        let mut format = ffi::avformat_alloc_context();
        if io.is_null() || format.is_null() {
            return Err(no_memory);
        }
        (*format).pb = io;
        (*format).flags |= ffi::AVFMT_FLAG_CUSTOM_IO;
        let mut options = options.disown();
        let opened = ffi::avformat_open_input(&mut format, c"".as_ptr(), std::ptr::null(), &mut options);
        drop(ffmpeg::Dictionary::own(options));
        if opened < 0 { Err(ffmpeg::Error::from(opened)) } else { Ok(Input::wrap(format)) }
    }
}

/// Lets FFmpeg decode the first frames of each stream, with one thread and bounded pictures.
#[allow(unsafe_code, reason = "ffmpeg-next takes no options for single streams")]
fn recognise(input: &mut Input, limits: &Limits) -> Result<(), ffmpeg::Error> {
    let max_pixels = limits.max_pixels.to_string();
    let count = input.nb_streams() as usize;
    // SAFETY: the array holds one dictionary for each stream there is, as avformat_find_stream_info asks, and is freed after it.
    unsafe {
        let mut options: Vec<*mut ffi::AVDictionary> = (0..count)
            .map(|_| {
                let mut options = ffmpeg::Dictionary::new();
                options.set("max_pixels", &max_pixels);
                options.set("threads", "1");
                options.disown()
            })
            .collect();
        let found = ffi::avformat_find_stream_info(input.as_mut_ptr(), options.as_mut_ptr());
        for options in options {
            drop(ffmpeg::Dictionary::own(options));
        }
        if found < 0 { Err(ffmpeg::Error::from(found)) } else { Ok(()) }
    }
}

#[allow(unsafe_code, reason = "called by FFmpeg")]
unsafe extern "C" fn read(opaque: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: FFmpeg hands back the source it was given and a buffer of at least `size` bytes, and calls from one thread.
    let (source, buffer) = unsafe { (&mut *opaque.cast::<Source>(), std::slice::from_raw_parts_mut(buffer, size.max(0) as usize)) };
    match source.read(buffer) {
        Ok(0) => ffi::AVERROR_EOF,
        Ok(read) => read as c_int,
        Err(_) => ffi::AVERROR(libc::EIO),
    }
}

#[allow(unsafe_code, reason = "called by FFmpeg")]
unsafe extern "C" fn seek(opaque: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: FFmpeg hands back the source it was given, and calls from one thread.
    let source = unsafe { &mut *opaque.cast::<Source>() };
    let to = match whence & !ffi::AVSEEK_FORCE {
        ffi::AVSEEK_SIZE => return i64::try_from(source.size()).unwrap_or(i64::MAX),
        libc::SEEK_SET => u64::try_from(offset).map(SeekFrom::Start).ok(),
        libc::SEEK_CUR => Some(SeekFrom::Current(offset)),
        libc::SEEK_END => Some(SeekFrom::End(offset)),
        _ => None,
    };
    to.and_then(|to| source.seek(to).ok()).and_then(|at| i64::try_from(at).ok()).unwrap_or(i64::from(ffi::AVERROR(libc::EINVAL)))
}

/// What a stream's parameters say, which ffmpeg-next shows only of opened decoders.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) sample_rate: u32,
    pub(super) channels: u32,
}

/// Reads a stream's parameters.
#[allow(unsafe_code, reason = "ffmpeg-next shows these only of opened decoders")]
pub(super) fn shape(parameters: &ffmpeg::codec::Parameters) -> Shape {
    let natural = |value: c_int| u32::try_from(value).unwrap_or_default();
    // SAFETY: the pointer is valid as long as the parameters are; the fields are plain numbers.
    let raw = unsafe { &*parameters.as_ptr() };
    Shape {
        width: natural(raw.width),
        height: natural(raw.height),
        sample_rate: natural(raw.sample_rate),
        channels: natural(raw.ch_layout.nb_channels),
    }
}

/// How the packets of a track are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodedAs {
    /// In units, each behind its length in so many bytes, or behind a start code.
    H264 {
        /// Bytes of the length.
        prefix: Option<usize>,
    },
    /// The same.
    H265 {
        /// Bytes of the length.
        prefix: Option<usize>,
    },
    /// In a way that all containers keep.
    Whole,
}

/// Reads it from a stream's parameters: what stands before the units of H.264 and H.265 is said in their configuration (ISO/IEC 14496-15).
#[allow(unsafe_code, reason = "ffmpeg-next does not show the codec's configuration")]
pub(super) fn coded_as(parameters: &ffmpeg::codec::Parameters) -> CodedAs {
    // SAFETY: the pointer is valid as long as the parameters are, and so are the bytes it names, which are not kept.
    let configuration = unsafe {
        let raw = &*parameters.as_ptr();
        let length = usize::try_from(raw.extradata_size).unwrap_or_default();
        if raw.extradata.is_null() { &[] } else { std::slice::from_raw_parts(raw.extradata, length) }
    };
    let prefix = |at: usize| configuration.get(at).filter(|_| configuration[0] == 1).map(|byte| usize::from(byte & 3) + 1);
    match parameters.id() {
        ffmpeg::codec::Id::H264 => CodedAs::H264 { prefix: prefix(4) },
        ffmpeg::codec::Id::HEVC => CodedAs::H265 { prefix: prefix(21) },
        _ => CodedAs::Whole,
    }
}

/// Whether an edit list hides the packet.
#[allow(unsafe_code, reason = "ffmpeg-next does not know this flag")]
pub(super) fn hidden(packet: &ffmpeg::Packet) -> bool {
    use ffmpeg::codec::packet::Ref;
    // SAFETY: the pointer is to the packet itself.
    unsafe { (*packet.as_ptr()).flags & ffi::AV_PKT_FLAG_DISCARD != 0 }
}

/// A decoder for a stream: one thread, bounded pictures, only the codecs above.
#[allow(unsafe_code, reason = "ffmpeg-next has no setter for the pixel limit")]
fn decoder(stream: &ffmpeg::Stream<'_>, limits: &Limits) -> Result<ffmpeg::decoder::Opened, ffmpeg::Error> {
    let mut context = ffmpeg::codec::Context::from_parameters(stream.parameters())?;
    context.set_threading(ffmpeg::threading::Config::count(1));
    // SAFETY: the context was allocated above and not opened yet; the field is a plain number.
    unsafe {
        (*context.as_mut_ptr()).max_pixels = i64::try_from(limits.max_pixels).unwrap_or(i64::MAX);
    }
    let mut options = ffmpeg::Dictionary::new();
    options.set("codec_whitelist", CODECS);
    let codec = ffmpeg::decoder::find(stream.parameters().id()).ok_or(ffmpeg::Error::DecoderNotFound)?;
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base());
    decoder.open_as_with(codec, options)
}

/// A decoder of moving pictures.
pub(super) fn picture_decoder(stream: &ffmpeg::Stream<'_>, limits: &Limits) -> Result<ffmpeg::decoder::Video, ffmpeg::Error> {
    decoder(stream, limits)?.video()
}

/// A decoder of sound.
pub(super) fn sound_decoder(stream: &ffmpeg::Stream<'_>, limits: &Limits) -> Result<ffmpeg::decoder::Audio, ffmpeg::Error> {
    decoder(stream, limits)?.audio()
}
