# The site of these tests with HTTP::Daemon, one connection after another.
use strict;
use warnings;
use HTTP::Daemon;
use HTTP::Response;

my $page = "<!DOCTYPE html><title>page</title><p>" . "a page " x 200;
my $tag = '"page-1"';
$SIG{CHLD} = "IGNORE";
my $daemon = HTTP::Daemon->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], ReuseAddr => 1) or die $!;
while (my $client = $daemon->accept) {
  if (fork) { $client->close; next }
  while (my $request = $client->get_request) {
    my $path = $request->uri->path;
    if ($path eq "/page") {
      if (($request->header("If-None-Match") // "") eq $tag) {
        $client->send_response(HTTP::Response->new(304, undef, [ETag => $tag]));
      } else {
        $client->send_response(HTTP::Response->new(200, undef, ["Content-Type" => "text/html", ETag => $tag,
          "Content-Length" => length $page], $request->method eq "HEAD" ? "" : $page));
      }
    } elsif ($path eq "/echo") {
      $client->send_response(HTTP::Response->new(200, undef, ["Content-Type" => "text/plain"], $request->content));
    } elsif ($path eq "/none") {
      $client->send_response(HTTP::Response->new(204));
    } elsif ($path eq "/stream") {
      my @pieces = ("one ", "two ", "three");
      $client->send_response(HTTP::Response->new(200, undef, ["Content-Type" => "text/plain"], sub { shift @pieces }));
    } elsif ($path eq "/refuse") {
      $client->send_response(HTTP::Response->new(413, undef, ["Content-Type" => "text/plain"], "no\n"));
    } else {
      $client->send_error(404);
    }
  }
  $client->close;
  exit;
}
