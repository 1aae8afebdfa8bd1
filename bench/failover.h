// Kills the leader under load, again and again: for how long no write is acknowledged, and whether every acknowledged
// one is still there on every member afterwards.
#pragma once

#include <string>

#include "bench/plan.h"
#include "bench/samples.h"

namespace viaduct::bench {

inline constexpr char kFailoverGap[] = "longest gap in acknowledged writes";  // the figure's name, in ms

void measure_failover(const Plan& plan, Samples& samples);
std::string report_failover(const Plan& plan, const Samples& samples);

}  // namespace viaduct::bench
