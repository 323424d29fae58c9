# The site of these tests in Mojolicious.
use Mojolicious::Lite -signatures;

my $page = "<!DOCTYPE html><title>page</title><p>" . "a page " x 200;
my $tag = '"page-1"';
app->mode("production");
app->log->level("fatal");
app->hook(after_dispatch => sub ($c) { $c->res->headers->remove("Set-Cookie") });
get "/page" => sub ($c) {
  $c->res->headers->etag($tag);
  return $c->rendered(304) if ($c->req->headers->if_none_match // "") eq $tag;
  $c->render(data => $page, format => "html");
};
post "/echo" => sub ($c) { $c->render(data => $c->req->body, format => "txt") };
del "/none" => sub ($c) { $c->rendered(204) };
get "/stream" => sub ($c) {
  my @pieces = ("one ", "two ", "three");
  my $drain;
  $drain = sub ($c, @) { my $piece = shift @pieces; $c->write_chunk($piece // "", $piece ? $drain : ()) };
  $c->$drain;
};
post "/refuse" => sub ($c) { $c->render(data => "no\n", status => 413) };
websocket "/ws" => sub ($c) { $c->on(message => sub ($c, $text) { $c->send($text) }) };
any "/*rest" => sub ($c) { $c->render(data => "nowhere\n", status => 404) };
app->start("daemon", "-l", "http://127.0.0.1:$ARGV[0]");
