<?php
// The site of these tests for `php -S`.
$page = "<!DOCTYPE html><title>page</title><p>" . str_repeat("a page ", 200);
$tag = '"page-1"';
header_remove('X-Powered-By');
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
  case '/page':
    header("ETag: $tag");
    if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === $tag) {
      http_response_code(304);
      exit;
    }
    header('Content-Length: ' . strlen($page));
    echo $page;
    exit;
  case '/echo':
    header('Content-Type: text/plain');
    echo file_get_contents('php://input');
    exit;
  case '/none':
    http_response_code(204);
    exit;
  case '/stream':
    foreach (['one ', 'two ', 'three'] as $piece) {
      echo $piece;
      flush();
    }
    exit;
  case '/refuse':
    http_response_code(413);
    echo "no\n";
    exit;
  default:
    http_response_code(404);
    echo "nowhere\n";
}
