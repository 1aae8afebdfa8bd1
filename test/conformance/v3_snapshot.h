// The step that reads a whole snapshot stream. Two servers' databases are never alike byte for byte: what is compared
// is how the stream is cut, counted down and sealed.
#pragma once

#include "test/conformance/recorder.h"
#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {

void play_snapshot(V3Wire& wire, Recorder& recorder);

}  // namespace viaduct::conformance
