#include "analyzer/sip/sdp_static.h"

const struct sdp_static_payload *sdp_static_payload(unsigned payload_type)
{
    static const struct sdp_static_payload payloads[] = {
        [0] = { SLICE_INIT("PCMU"), 8000, 1, SDP_AUDIO },
        [3] = { SLICE_INIT("GSM"), 8000, 1, SDP_AUDIO },
        [4] = { SLICE_INIT("G723"), 8000, 1, SDP_AUDIO },
        [5] = { SLICE_INIT("DVI4"), 8000, 1, SDP_AUDIO },
        [6] = { SLICE_INIT("DVI4"), 16000, 1, SDP_AUDIO },
        [7] = { SLICE_INIT("LPC"), 8000, 1, SDP_AUDIO },
        [8] = { SLICE_INIT("PCMA"), 8000, 1, SDP_AUDIO },
        [9] = { SLICE_INIT("G722"), 8000, 1, SDP_AUDIO },
        [10] = { SLICE_INIT("L16"), 44100, 2, SDP_AUDIO },
        [11] = { SLICE_INIT("L16"), 44100, 1, SDP_AUDIO },
        [12] = { SLICE_INIT("QCELP"), 8000, 1, SDP_AUDIO },
        [13] = { SLICE_INIT("CN"), 8000, 1, SDP_AUDIO },
        [14] = { SLICE_INIT("MPA"), 90000, 1, SDP_AUDIO },
        [15] = { SLICE_INIT("G728"), 8000, 1, SDP_AUDIO },
        [16] = { SLICE_INIT("DVI4"), 11025, 1, SDP_AUDIO },
        [17] = { SLICE_INIT("DVI4"), 22050, 1, SDP_AUDIO },
        [18] = { SLICE_INIT("G729"), 8000, 1, SDP_AUDIO },
        [25] = { SLICE_INIT("CelB"), 90000, 1, SDP_VIDEO },
        [26] = { SLICE_INIT("JPEG"), 90000, 1, SDP_VIDEO },
        [28] = { SLICE_INIT("nv"), 90000, 1, SDP_VIDEO },
        [31] = { SLICE_INIT("H261"), 90000, 1, SDP_VIDEO },
        [32] = { SLICE_INIT("MPV"), 90000, 1, SDP_VIDEO },
        [33] = { SLICE_INIT("MP2T"), 90000, 1, SDP_VIDEO },
        [34] = { SLICE_INIT("H263"), 90000, 1, SDP_VIDEO },
    };

    if (payload_type >= sizeof payloads / sizeof payloads[0] || !payloads[payload_type].name.p)
        return NULL;
    return &payloads[payload_type];
}
