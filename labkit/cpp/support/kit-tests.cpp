// The `main` of a student's tests: runs them, and writes what happens to the file that LABKIT_TEST_REPORT names, a JSON
// object a line. Each line is written at once, so that of a test that crashes all that came before is known.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS  // the sanitizer reports a crash better
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::string quoted(const char* text) {
  std::string out = "\"";
  for (const char* at = text; *at != '\0'; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    char escaped[8];
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += *at;
    }
  }
  return out + '"';
}

class Report : public doctest::IReporter {
 public:
  explicit Report(const doctest::ContextOptions&) {
    const char* file = std::getenv("LABKIT_TEST_REPORT");
    if (file != nullptr) out_ = std::fopen(file, "a");
  }
  ~Report() override {
    if (out_ != nullptr) std::fclose(out_);
  }

  void test_case_start(const doctest::TestCaseData& test) override {
    subcases_.clear();
    say("{\"start\": " + quoted(test.m_name) + ", \"line\": " + std::to_string(test.m_line) + "}");
  }

  void test_case_end(const doctest::CurrentTestCaseStats& test) override {
    say("{\"end\": " + std::string(test.testCaseSuccess ? "true" : "false") +
        ", \"asserts\": " + std::to_string(test.numAssertsCurrentTest) + "}");
  }

  void test_case_exception(const doctest::TestCaseException& thrown) override {
    say("{\"exception\": " + quoted(thrown.error_string.c_str()) + where() + "}");
  }

  void log_assert(const doctest::AssertData& assertion) override {
    if (!assertion.m_failed) return;
    std::string line = "{\"assert\": " + quoted(doctest::assertString(assertion.m_at)) +
                       ", \"of\": " + quoted(assertion.m_expr) + ", \"line\": " + std::to_string(assertion.m_line) +
                       ", \"file\": " + quoted(assertion.m_file);
    if (assertion.m_threw) line += ", \"threw\": " + quoted(assertion.m_exception.c_str());
    say(line + ", \"was\": " + quoted(assertion.m_decomp.c_str()) + where() + "}");
  }

  void log_message(const doctest::MessageData& message) override {
    say("{\"message\": " + quoted(message.m_string.c_str()) + ", \"line\": " + std::to_string(message.m_line) + "}");
  }

  void subcase_start(const doctest::SubcaseSignature& subcase) override {
    subcases_.push_back(subcase.m_name.c_str());
  }
  void subcase_end() override {
    if (!subcases_.empty()) subcases_.pop_back();
  }
  void test_case_reenter(const doctest::TestCaseData&) override { subcases_.clear(); }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  std::string where() const {
    std::string inside;
    for (const std::string& name : subcases_) inside += (inside.empty() ? "" : ", ") + name;
    const int count = doctest::IReporter::get_num_active_contexts();
    const auto* contexts = doctest::IReporter::get_active_contexts();
    std::string info;
    for (int at = 0; at < count; ++at) {
      std::ostringstream text;
      contexts[at]->stringify(&text);
      info += (info.empty() ? "" : ", ") + text.str();
    }
    return ", \"subcase\": " + quoted(inside.c_str()) + ", \"with\": " + quoted(info.c_str());
  }

  void say(const std::string& line) {
    if (out_ == nullptr) return;
    std::fputs((line + "\n").c_str(), out_);
    std::fflush(out_);
  }

  std::FILE* out_ = nullptr;
  std::vector<std::string> subcases_;
};

REGISTER_REPORTER("labkit", 1, Report);

}  // namespace

int main(int count, char** words) {
  doctest::Context context;
  context.setOption("reporters", "labkit");
  context.setOption("order-by", "file");
  context.setOption("no-colors", true);
  context.applyCommandLine(count, words);
  return context.run();
}
