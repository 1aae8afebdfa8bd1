// The step that writes at random, from a seed, and compares the hash of the store: two servers that took the same
// writes must agree on every record they keep, also after compactions.
#pragma once

#include "test/conformance/recorder.h"
#include "test/conformance/step.h"
#include "test/conformance/v3_text.h"
#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {

void play_churn(const Step& step, V3Wire& wire, const V3Frame& frame, Recorder& recorder);

}  // namespace viaduct::conformance
