#include "server/proposals.h"

#include <utility>

#include "base/mark.h"
#include "server/stamped.h"

namespace viaduct::server {
namespace {

size_t size_of(const Proposals::Waiting& waiting) {
  return waiting.entry ? waiting.entry->data.size() : waiting.data.size();
}

}  // namespace

// A leader in between may have replaced earlier ones here, which may live on elsewhere: their entries bear our numbers.
void Proposals::appended(Waiting waiting) {
  while (!appended_.empty() && appended_.back().index >= waiting.index) {
    Waiting replaced = std::move(appended_.back());
    appended_.pop_back();
    if (replaced.completion) keep(std::move(replaced));
  }
  appended_.push_back(std::move(waiting));
}

void Proposals::keep(Waiting waiting) {
  bytes_ += size_of(waiting);
  if (!waiting.sent) ++idle_;
  const uint64_t id = waiting.id;
  others_.insert_or_assign(id, std::move(waiting));
}

// To append one may put those back that it replaces (appended()), which moves what is in others_.
void Proposals::each_idle(const std::function<Fate(Waiting&)>& visit) {
  for (auto next = others_.begin(); next != others_.end() && idle_ > 0;) {
    Waiting& waiting = next->second;
    if (waiting.sent) {
      ++next;
      continue;
    }
    const uint64_t id = next->first;
    const size_t bytes = size_of(waiting);
    const Fate fate = visit(waiting);
    if (fate == Fate::kStop) return;
    const auto visited = others_.find(id);
    if (fate == Fate::kTaken) {
      bytes_ -= bytes;
      --idle_;
      others_.erase(visited);
    } else if (visited->second.sent) {
      --idle_;
    }
    next = others_.upper_bound(id);
  }
}

Proposals::CompletionPtr Proposals::committed(const Entry& entry) {
  if (entry.term > newest_term_) end_older_terms(entry.term);
  // The newer entries of a leader that lost may have given way to older ones of another.
  while (!appended_.empty() && appended_.front().index == entry.index && appended_.front().sent != entry.term)
    end_front();
  if (!appended_.empty() && appended_.front().index == entry.index) {
    CompletionPtr completion = std::move(appended_.front().completion);
    appended_.pop_front();
    return completion;
  }
  if (others_.empty()) return nullptr;
  const Origin origin = read_origin(entry.data);
  if (origin.member != self_ || origin.incarnation != incarnation_) return nullptr;
  const auto found = others_.find(origin.id);
  return found == others_.end() ? nullptr : take(found).completion;
}

void Proposals::end_older_terms(Term newest) {
  newest_term_ = newest;
  for (auto& [id, waiting] : others_) {
    if (!waiting.sent || waiting.sent >= newest) continue;
    waiting.sent = Term();
    ++idle_;
  }
  while (!appended_.empty() && appended_.front().sent < newest) end_front();
}

// Its entry can never be committed.
void Proposals::end_front() {
  Waiting lost = std::move(appended_.front());
  appended_.pop_front();
  if (!lost.completion) return;
  lost.index = Index();
  lost.sent = Term();
  keep(std::move(lost));
}

Proposals::Waiting Proposals::take(Others::iterator at) {
  Waiting taken = std::move(at->second);
  bytes_ -= size_of(taken);
  if (!taken.sent) --idle_;
  others_.erase(at);
  return taken;
}

void Proposals::not_appended(uint64_t id, Term term) {
  const auto found = others_.find(id);
  if (found == others_.end() || found->second.sent != term) return;
  VIADUCT_MARK("node: a forwarded command found no leader");
  found->second.sent = Term();
  ++idle_;
}

Proposals::CompletionPtr Proposals::refused(uint64_t id, Term term) {
  const auto found = others_.find(id);
  if (found == others_.end() || found->second.sent != term) return nullptr;
  return take(found).completion;
}

std::vector<Proposals::CompletionPtr> Proposals::covered(Index last, Term last_term) {
  std::vector<CompletionPtr> unknown;
  const auto add = [&](CompletionPtr completion) {
    if (completion) unknown.push_back(std::move(completion));
  };
  while (!appended_.empty() && appended_.front().index <= last) {
    add(std::move(appended_.front().completion));
    appended_.pop_front();
  }
  for (auto next = others_.begin(); next != others_.end();) {
    const bool may_be_there = next->second.sent && next->second.sent <= last_term;
    if (!may_be_there) {
      ++next;
      continue;
    }
    const uint64_t id = next->first;
    add(take(next).completion);
    next = others_.upper_bound(id);  // erasing has moved what follows
  }
  return unknown;
}

std::vector<Proposals::Overdue> Proposals::overdue(std::chrono::nanoseconds now) {
  std::vector<Overdue> late;
  // An appended one keeps its place, by which its entry is known.
  for (Waiting& waiting : appended_) {
    if (waiting.deadline > now) break;
    if (waiting.completion) late.push_back({waiting.started, std::move(waiting.completion)});
  }
  while (!others_.empty() && others_.begin()->second.deadline <= now) {
    Waiting waiting = take(others_.begin());
    if (waiting.completion) late.push_back({waiting.started, std::move(waiting.completion)});
  }
  return late;
}

std::vector<Proposals::CompletionPtr> Proposals::all() {
  std::vector<CompletionPtr> everybody;
  for (Waiting& waiting : appended_) {
    if (waiting.completion) everybody.push_back(std::move(waiting.completion));
  }
  for (auto& [id, waiting] : others_) {
    if (waiting.completion) everybody.push_back(std::move(waiting.completion));
  }
  appended_.clear();
  others_.clear();
  idle_ = bytes_ = 0;
  return everybody;
}

}  // namespace viaduct::server
