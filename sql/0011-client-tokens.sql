-- A token that pushes may be for one client: it registers, asks for its configuration and pushes as that one alone.
alter table api_token add column client text;
alter table api_token add constraint api_token_client_check
  check (client is null or (length(client) between 1 and 255 and scope = 'push'));
