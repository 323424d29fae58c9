# The site of these tests for servers that speak Rack.
PAGE = "<!DOCTYPE html><title>page</title><p>" + "a page " * 200
TAG = '"page-1"'

run lambda { |env|
  case env["PATH_INFO"]
  when "/page"
    next [304, { "ETag" => TAG }, []] if env["HTTP_IF_NONE_MATCH"] == TAG
    body = env["REQUEST_METHOD"] == "HEAD" ? [] : [PAGE]
    [200, { "Content-Type" => "text/html", "ETag" => TAG, "Content-Length" => PAGE.bytesize.to_s }, body]
  when "/echo"
    body = env["rack.input"].read
    [200, { "Content-Type" => "text/plain", "Content-Length" => body.bytesize.to_s }, [body]]
  when "/none" then [204, {}, []]
  when "/stream" then [200, { "Content-Type" => "text/plain" }, ["one ", "two ", "three"].each]
  when "/refuse" then [413, { "Content-Type" => "text/plain", "Content-Length" => "3" }, ["no\n"]]
  else [404, { "Content-Type" => "text/plain", "Content-Length" => "8" }, ["nowhere\n"]]
  end
}
