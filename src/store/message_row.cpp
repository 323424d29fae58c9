#include "store/message_row.h"

#include <optional>

namespace martd::store {

Statement& bind(Statement& statement, const MessageRow& row) {
  const push::Content& content = *row.message.content;
  std::optional<std::int64_t> expire;
  if (content.expire) expire = content.expire->count();
  return statement.bind(1, row.channel)
      .bind(2, row.number)
      .bind(3, row.floor)
      .bind(4, std::int64_t{row.message.published.time_since_epoch().count()})
      .bind(5, expire)
      .bind_blob(6, content.content_type)
      .bind_blob(7, content.event)
      .bind_blob(8, content.id)
      .bind_blob(9, content.payload)
      .bind(10, row.lost);
}

push::Message message_at(const Statement& row, push::Etag origin) {
  auto* content = new push::Content;
  const push::ContentPtr owned(content);
  if (!row.null(4)) content->expire = Duration(row.number(4));
  content->content_type = row.bytes(5);
  content->event = row.bytes(6);
  content->id = row.bytes(7);
  content->payload = row.bytes(8);
  return {origin + row.count(1), Time(Duration(row.number(3))), owned};
}

}  // namespace martd::store
