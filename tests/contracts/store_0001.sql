-- A database as schema 0001 left it: an approved step was intended, and its process died before it finished.

INSERT INTO counters ("name", "last")
VALUES ('incidents', 1);
INSERT INTO counters ("name", "last")
VALUES ('runs', 1);
INSERT INTO counters ("name", "last")
VALUES ('approvals', 1);
INSERT INTO alert_log ("seq", "received_at", "body")
VALUES (1, 1772366400123456, '[{"labels":{"alertname":"ShopSlow","instance":"web-1"},"annotations":{"summary":"ShopSlow!"},"starts_at":1772366400123456,"ends_at":null,"generator_url":"","source":"prom","rule":"","value":null}]');
INSERT INTO alerts ("fingerprint", "labels", "annotations", "starts_at", "ends_at", "generator_url", "source", "rule", "value", "log_seq")
VALUES ('9b3f9815a658bd24', '{"alertname":"ShopSlow","instance":"web-1"}', '{"summary":"ShopSlow!"}', 1772366400123456, NULL, '', 'prom', '', NULL, 1);
INSERT INTO rule_groups ("key", "slot", "missed", "took", "rules", "states")
VALUES ('shop.yml;shop', 1772366400123456, 0, 3000, '["ShopSlow"]', '{"0":{"rule":"ShopSlow","alerts":[{"labels":{"alertname":"ShopSlow","instance":"web-1"},"annotations":{"summary":"slow"},"value":Infinity,"state":"firing","active_at":1772366340123456,"fired_at":1772366400123456,"resolved_at":null,"keep_firing_since":null,"last_sent_at":null}],"evaluated_at":1772366400123456,"unknown_since":null,"last_error":""}}');
INSERT INTO evaluations ("slot", "group_key", "took", "findings")
VALUES (1772366400123456, 'shop.yml;shop', 3000, '{"ShopSlow":{"state":"firing","alerts":{"firing":1}}}');
INSERT INTO incidents ("id", "title", "severity", "status", "opened_at", "signal", "group_key", "receiver", "service", "commander", "alerts", "firing", "acknowledged_at", "acknowledged_by", "mitigated_at", "resolved_at", "closed_at")
VALUES ('INC-1', 'the shop is slow', 'SEV2', 'triggered', 1772366460123456, 'none', '{}/shop', '', '', '', '["9b3f9815a658bd24"]', '["9b3f9815a658bd24"]', NULL, '', NULL, NULL, NULL);
INSERT INTO incident_alerts ("fingerprint", "incident")
VALUES ('9b3f9815a658bd24', 'INC-1');
INSERT INTO timeline ("seq", "incident", "at", "recorded_at", "actor", "kind", "text", "why", "links", "evidence")
VALUES (1, 'INC-1', 1772366400123456, 1772366400123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'note', 'the shop is slow', '', '{}', '[]');
INSERT INTO runs ("id", "runbook", "incident", "inputs", "started_at", "started_by", "status", "source", "rule", "signal_expr", "signal_labels", "wake_at", "epoch", "ended_at", "owner", "lease_until")
VALUES ('RUN-1', '{"name":"roll-back","title":"Roll back","file":"roll-back.yaml","hash":"abc","steps":[{"id":"undo","title":"Undo","uses":"host.run","params":{"argv":["release","undo"]},"integration":"","condition":"","timeout":60000000,"retry":{"attempts":1,"wait":10000000},"on_failure":"stop","risk":null,"approval":null}],"owner":"","summary":"","triggers":[],"inputs":[],"timeout":3600000000,"verify_within":300000000}', 'INC-1', '{"service":"shop"}', 1772366460123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'running', '', '', '', '{}', 1772366400123456, 1, NULL, 'host-1:4711', 1795315231498997);
INSERT INTO journal ("seq", "run", "at", "kind", "actor", "step", "attempt", "data")
VALUES (1, 'RUN-1', 1772366400123456, 'planned', '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'undo', 1, '{"plan":{"action":"host.run"}}');
INSERT INTO journal ("seq", "run", "at", "kind", "actor", "step", "attempt", "data")
VALUES (2, 'RUN-1', 1772366400123456, 'asked', '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'undo', 1, '{"approval":"APR-1","plan_hash":"7ba1dfda6dba50e50e714b19747c9bb1c3833242283d8384a21b19d1a9158c6f"}');
INSERT INTO journal ("seq", "run", "at", "kind", "actor", "step", "attempt", "data")
VALUES (3, 'RUN-1', 1772366400123456, 'answered', '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'undo', 1, '{"answer":"approve","plan_hash":"7ba1dfda6dba50e50e714b19747c9bb1c3833242283d8384a21b19d1a9158c6f"}');
INSERT INTO journal ("seq", "run", "at", "kind", "actor", "step", "attempt", "data")
VALUES (4, 'RUN-1', 1772366400123456, 'intended', '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'undo', 1, '{"plan_hash":"7ba1dfda6dba50e50e714b19747c9bb1c3833242283d8384a21b19d1a9158c6f"}');
INSERT INTO approvals ("id", "run", "step", "incident", "question", "ask", "plan", "by", "count", "asked_at", "expires_at", "requested_by", "status", "given_by", "answered_at", "answered_by", "reason")
VALUES ('APR-1', 'RUN-1', 'undo', 'INC-1', 'may_it_run', 'May it?', '{"action":"host.run","integration":"here","params":{"argv":["release","undo"]},"targets":["web-1"],"summary":"release undo on web-1","risk":"write","repeatable":false,"can_probe":false,"diff":"","undo":"","preconditions":{}}', 'on-call', 1, 1772366460123456, 1772368200123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'approved', '["ann"]', 1772366460123456, 'ann', '');
INSERT INTO audit ("seq", "at", "actor", "act", "object", "decision", "details", "previous", "hash")
VALUES (1, 1772366400123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'incident.open', 'INC-1', 'allowed', '{"why":"a test"}', '0000000000000000000000000000000000000000000000000000000000000000', '3810336d1de9f52d6289450643509a2955c922c77e77e099bc61da02be2583af');
INSERT INTO audit ("seq", "at", "actor", "act", "object", "decision", "details", "previous", "hash")
VALUES (2, 1772366400123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'runbook.start', 'RUN-1', 'allowed', '{"why":"a test"}', '3810336d1de9f52d6289450643509a2955c922c77e77e099bc61da02be2583af', '9e731d2c06add43d9283adabc116016ad55f8e0afdc939ba366d607a8f682ed1');
INSERT INTO audit ("seq", "at", "actor", "act", "object", "decision", "details", "previous", "hash")
VALUES (3, 1772366400123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'approval.give', 'APR-1', 'allowed', '{"why":"a test"}', '9e731d2c06add43d9283adabc116016ad55f8e0afdc939ba366d607a8f682ed1', 'd4ac9bb8bef1a144535ff5c7ceb8608aded6d08a9f4325f15a6a5120aaf90b99');
INSERT INTO audit ("seq", "at", "actor", "act", "object", "decision", "details", "previous", "hash")
VALUES (4, 1772366400123456, '{"kind":"tocsin","name":"tocsin","via":"","roles":[]}', 'action.run', 'RUN-1/undo', 'allowed', '{"why":"a test"}', 'd4ac9bb8bef1a144535ff5c7ceb8608aded6d08a9f4325f15a6a5120aaf90b99', 'b032cd1a4c70cb90a08232bcee79bd2fcef078cf0562a5d104d331f0f0538636');
INSERT INTO outbox ("seq", "kind", "dedup_key", "due_at", "payload", "attempts", "error", "owner", "lease_until")
VALUES (1, 'group_ready', 'evidence:INC-1', 1772366400123456, '{"group":"evidence:INC-1"}', 0, '', NULL, NULL);
