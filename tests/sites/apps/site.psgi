# The site of these tests for servers that speak PSGI.
use strict;
use warnings;

my $page = "<!DOCTYPE html><title>page</title><p>" . "a page " x 200;
my $tag = '"page-1"';

sub {
  my $env = shift;
  my $path = $env->{PATH_INFO};
  if ($path eq "/page") {
    return [304, [ETag => $tag], []] if ($env->{HTTP_IF_NONE_MATCH} // "") eq $tag;
    my @body = $env->{REQUEST_METHOD} eq "HEAD" ? () : ($page);
    return [200, ["Content-Type" => "text/html", ETag => $tag, "Content-Length" => length $page], \@body];
  }
  if ($path eq "/echo") {
    my $body = "";
    while ($env->{"psgi.input"}->read(my $piece, 8192)) { $body .= $piece }
    return [200, ["Content-Type" => "text/plain", "Content-Length" => length $body], [$body]];
  }
  return [204, [], []] if $path eq "/none";
  if ($path eq "/stream") {
    return sub {
      my $writer = shift->([200, ["Content-Type" => "text/plain"]]);
      $writer->write($_) for "one ", "two ", "three";
      $writer->close;
    };
  }
  return [413, ["Content-Type" => "text/plain", "Content-Length" => 3], ["no\n"]] if $path eq "/refuse";
  return [404, ["Content-Type" => "text/plain", "Content-Length" => 8], ["nowhere\n"]];
};
