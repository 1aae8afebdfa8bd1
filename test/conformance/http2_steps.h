// The steps that look at HTTP/2 itself: what a server makes of one request of exactly these headers and bytes, and of
// pings.
#pragma once

#include "test/conformance/expand.h"
#include "test/conformance/recorder.h"
#include "test/conformance/step.h"
#include "test/conformance/v3_text.h"

namespace viaduct::conformance {

void play_http2(const Step& step, int port, const Variables& variables, const V3Frame& frame, Recorder& recorder);
void play_pings(const Step& step, int port, Recorder& recorder);

}  // namespace viaduct::conformance
