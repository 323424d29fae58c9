// A shell command for a message: what it gets, and that nothing of the message is read by the shell.

#include "tools/message_command.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace martd::tools {
namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "martd-exec-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path = name;
    setenv("OUT", path.c_str(), 1);
  }
  ~Folder() {
    unsetenv("OUT");
    std::filesystem::remove_all(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string read(const std::string& name) const {
    std::ifstream file(path / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
  }

  std::filesystem::path path;
};

TEST_CASE("exec: the payload is standard input, byte for byte, and the rest is in the environment") {
  const Folder folder;
  constexpr char kPayload[] = "a\0\xFF\n$(touch $OUT/no); `touch $OUT/no`";
  const std::string payload(kPayload, sizeof kPayload - 1);
  CHECK_FALSE(run_for_message("cat > \"$OUT/in\"; printf '%s' \"$MARTD_CHANNEL\" > \"$OUT/channel\"", payload,
                              {{"MARTD_CHANNEL", "$(touch $OUT/no) ; '\""}}));
  CHECK(folder.read("in") == payload);
  CHECK(folder.read("channel") == "$(touch $OUT/no) ; '\"");
  CHECK_FALSE(std::filesystem::exists(folder.path / "no"));
}

TEST_CASE("exec: a variable that is empty is not set, whatever ours is") {
  const Folder folder;
  setenv("MARTD_EVENT", "ours", 1);
  CHECK_FALSE(run_for_message("echo \"${MARTD_EVENT-unset}\" > \"$OUT/event\"", "", {{"MARTD_EVENT", ""}}));
  unsetenv("MARTD_EVENT");
  CHECK(folder.read("event") == "unset\n");
}

TEST_CASE("exec: what it ended with") {
  CHECK(run_for_message("exit 3", "", {}) == "the command ended with 3");
  CHECK(run_for_message("kill -9 $$", "", {}) == "the command was ended by signal 9");
  CHECK(run_for_message("/no/such/program 2>/dev/null", "", {}) == "the command ended with 127");
}

TEST_CASE("exec: a command that doesn't read a large payload does not hold us up") {
  CHECK_FALSE(run_for_message("true", std::string(4 << 20, 'x'), {}));
}

}  // namespace
}  // namespace martd::tools
