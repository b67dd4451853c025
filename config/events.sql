-- The table that config/default.yaml and config/four-stores.yaml write to.
CREATE TABLE IF NOT EXISTS public.events (
  event_id  uuid        NOT NULL,
  ts        timestamptz NOT NULL,
  dataset   text,
  severity  bigint,
  outcome   text,
  user_name text,
  source_ip inet,
  host      text,
  process   text,
  message   text,
  detail    jsonb,
  PRIMARY KEY (event_id, ts)
);
CREATE INDEX IF NOT EXISTS events_ts ON public.events USING brin (ts);
