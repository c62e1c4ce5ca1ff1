#include "storage/audio/audio_libraries.h"

#include "storage/audio/audio_have.h"

#if HAVE_GSM
#include <gsm/gsm.h>
#define TEXT_OF(x)  #x
#define TEXT(x)     TEXT_OF(x)
#define GSM_VERSION TEXT(GSM_MAJOR) "." TEXT(GSM_MINOR) "." TEXT(GSM_PATCHLEVEL)
#else
#define GSM_VERSION ""
#endif

#define VERSION(have, version) ((have) ? (version) : NULL)

static const struct audio_library libraries[] = {
    { "libsndfile", VERSION(HAVE_SNDFILE, SNDFILE_VERSION), "WAV, FLAC and Ogg files" },
    { "libspandsp", VERSION(HAVE_SPANDSP, SPANDSP_VERSION),
      "G.722, G.726, concealment, in-band DTMF" },
    { "libopus", VERSION(HAVE_OPUS, OPUS_VERSION), "Opus" },
    { "libopencore-amrnb", VERSION(HAVE_AMRNB, AMRNB_VERSION), "AMR" },
    { "libopencore-amrwb", VERSION(HAVE_AMRWB, AMRWB_VERSION), "AMR-WB" },
    { "libgsm", VERSION(HAVE_GSM, GSM_VERSION), "GSM" },
    { "libspeex", VERSION(HAVE_SPEEX, SPEEX_VERSION), "Speex" },
    { "libspeexdsp", VERSION(HAVE_SPEEXDSP, SPEEXDSP_VERSION), "sample rates" },
    { "libavcodec", VERSION(HAVE_AVCODEC, AVCODEC_VERSION), "iLBC, G.729, G.723.1" },
};

const struct audio_library *audio_library_at(size_t i)
{
    return i < sizeof libraries / sizeof libraries[0] ? &libraries[i] : NULL;
}
