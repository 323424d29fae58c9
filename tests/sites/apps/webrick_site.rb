# The site of these tests in WEBrick.
require "webrick"

PAGE = "<!DOCTYPE html><title>page</title><p>" + "a page " * 200
TAG = '"page-1"'
WEBrick::HTTPServlet::ProcHandler.class_eval { alias_method :do_DELETE, :do_GET }
quiet = WEBrick::Log.new(File::NULL)
server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ARGV[0].to_i, Logger: quiet, AccessLog: [])
server.mount_proc("/") do |request, answer|
  answer["Content-Type"] = "text/plain"
  case request.path
  when "/page"
    answer["ETag"] = TAG
    if request["If-None-Match"] == TAG then answer.status = 304 else answer.body = PAGE end
  when "/echo" then answer.body = request.body.to_s
  when "/none" then answer.status = 204
  when "/stream"
    answer.chunked = true
    answer.body = proc { |out| ["one ", "two ", "three"].each { |piece| out.write(piece) } }
  when "/refuse"
    answer.status = 413
    answer.body = "no\n"
  else
    answer.status = 404
    answer.body = "nowhere\n"
  end
end
server.start
