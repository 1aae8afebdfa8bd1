// The result as Markdown, and the document that keeps the last one.
#pragma once

#include <string>
#include <vector>

#include "bench/plan.h"
#include "bench/rates.h"
#include "bench/samples.h"
#include "bench/scenarios.h"

namespace viaduct::bench {

std::string report_setting(const Plan& plan);  // date, machine, versions, command lines
std::string report_aims(const Plan& plan, const Samples& samples);
std::string report_cluster_aims(const Plan& plan, const Samples& samples);
std::string report_rates(const Plan& plan, const char* title, const std::vector<RateLoad>& loads,
                         const Samples& samples);
std::string report_scenario(const Plan& plan, const Scenario& scenario, const Samples& samples);

// Puts `result` between the two marker lines of this name in the document and leaves the rest as it is.
void write_between_markers(const std::string& document, const std::string& name, const std::string& result);

}  // namespace viaduct::bench
