-- What the course uses of TimescaleDB, on plain PostgreSQL 18: names, arguments and results are TimescaleDB's, the storage is
-- an ordinary table. The kit offers this file as the extension `timescaledb`, version `plain`; it is no TimescaleDB.
--
-- Here, with the same results:
--   create_hypertable, by_range, time_bucket, first, last, histogram, approximate_row_count, hypertable_size,
--   timescaledb_information.hypertables and .dimensions
-- With a limit:
--   create_hypertable   makes an index on the time; there are no chunks, so nothing is faster than in an ordinary table.
--                       As in TimescaleDB, time must be NOT NULL (it is made so) and every unique index must contain it.
--   first, last         order by timestamptz, timestamp, date, bigint or double precision, no other types.
-- Everything else of TimescaleDB that the course or its documentation names raises an error that says where to find it.
\echo Use "CREATE EXTENSION timescaledb" to load this file. \quit

CREATE SCHEMA timescaledb_information;
CREATE SCHEMA _plain_postgresql;

CREATE TABLE _plain_postgresql.hypertable (
    relation regclass PRIMARY KEY, time_column name NOT NULL, column_type regtype NOT NULL, chunk_interval interval
);

-- Hypertables -----------------------------------------------------------------------------------------------------------

CREATE TYPE _plain_postgresql.dimension_info AS (column_name name, chunk_interval text);

CREATE FUNCTION by_range(column_name name, partition_interval anyelement DEFAULT NULL::interval)
RETURNS _plain_postgresql.dimension_info LANGUAGE sql IMMUTABLE AS
$$ SELECT ROW(column_name, partition_interval::text)::_plain_postgresql.dimension_info $$;

CREATE FUNCTION _plain_postgresql.make(
    relation regclass, time_column name, chunk_interval interval, default_indexes boolean, if_not_exists boolean,
    migrate_data boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    found regtype;
    lacking name;
    filled boolean;
BEGIN
    IF EXISTS (SELECT FROM _plain_postgresql.hypertable h WHERE h.relation = make.relation) THEN
        IF NOT if_not_exists THEN
            RAISE EXCEPTION 'table "%" is already a hypertable', relation USING ERRCODE = 'TS110';
        END IF;
        RAISE NOTICE 'table "%" is already a hypertable, skipping', relation;
        RETURN false;
    END IF;
    SELECT atttypid::regtype INTO found FROM pg_attribute
     WHERE attrelid = relation AND attname = time_column AND attnum > 0 AND NOT attisdropped;
    IF found IS NULL THEN
        RAISE EXCEPTION 'column "%" does not exist', time_column USING ERRCODE = 'undefined_column';
    END IF;
    IF found NOT IN ('timestamptz', 'timestamp', 'date', 'bigint', 'integer', 'smallint') THEN
        RAISE EXCEPTION 'invalid type for dimension "%"', time_column
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use an integer, timestamp, or date type.';
    END IF;
    SELECT c.relname INTO lacking FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = relation AND (i.indisunique OR i.indisexclusion) AND NOT EXISTS (
        SELECT FROM pg_attribute a
         WHERE a.attrelid = relation AND a.attname = time_column AND a.attnum = ANY (i.indkey));
    IF lacking IS NOT NULL THEN
        RAISE EXCEPTION 'cannot create a unique index without the column "%" (used in partitioning)', time_column
            USING ERRCODE = 'TS103', DETAIL = format('The index is "%s".', lacking);
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', relation) INTO filled;
    IF filled AND NOT migrate_data THEN
        RAISE EXCEPTION 'table "%" is not empty', relation USING ERRCODE = 'feature_not_supported',
            HINT = 'You can migrate data by specifying ''migrate_data => true'' when calling this function.';
    END IF;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', relation, time_column);
    IF default_indexes THEN
        EXECUTE format('CREATE INDEX ON %s (%I DESC)', relation, time_column);
    END IF;
    INSERT INTO _plain_postgresql.hypertable VALUES (relation, time_column, found, coalesce(chunk_interval, '7 days'));
    RETURN true;
END $$;

CREATE FUNCTION create_hypertable(
    relation regclass, dimension _plain_postgresql.dimension_info, create_default_indexes boolean DEFAULT true,
    if_not_exists boolean DEFAULT false, migrate_data boolean DEFAULT false
) RETURNS TABLE (hypertable_id integer, created boolean) LANGUAGE plpgsql AS $$
BEGIN
    created := _plain_postgresql.make(relation, dimension.column_name, dimension.chunk_interval::interval,
                                      create_default_indexes, if_not_exists, migrate_data);
    hypertable_id := relation::oid::bigint % 2147483647;
    RETURN NEXT;
END $$;

CREATE FUNCTION create_hypertable(
    relation regclass, time_column_name name, partitioning_column name DEFAULT NULL,
    number_partitions integer DEFAULT NULL, chunk_time_interval interval DEFAULT NULL,
    create_default_indexes boolean DEFAULT true, if_not_exists boolean DEFAULT false,
    migrate_data boolean DEFAULT false
) RETURNS TABLE (hypertable_id integer, schema_name name, table_name name, created boolean) LANGUAGE plpgsql AS $$
BEGIN
    created := _plain_postgresql.make(relation, time_column_name, chunk_time_interval, create_default_indexes,
                                      if_not_exists, migrate_data);
    hypertable_id := relation::oid::bigint % 2147483647;
    SELECT n.nspname, c.relname INTO schema_name, table_name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    RETURN NEXT;
END $$;

CREATE VIEW timescaledb_information.hypertables AS
SELECT n.nspname AS hypertable_schema, c.relname AS hypertable_name, pg_get_userbyid(c.relowner) AS owner,
       1::smallint AS num_dimensions, 0::bigint AS num_chunks, false AS compression_enabled,
       h.time_column AS primary_dimension, h.column_type AS primary_dimension_type
  FROM _plain_postgresql.hypertable h JOIN pg_class c ON c.oid = h.relation JOIN pg_namespace n ON n.oid = c.relnamespace;

CREATE VIEW timescaledb_information.dimensions AS
SELECT n.nspname AS hypertable_schema, c.relname AS hypertable_name, 1::bigint AS dimension_number,
       h.time_column AS column_name, h.column_type, 'Time' AS dimension_type, h.chunk_interval AS time_interval
  FROM _plain_postgresql.hypertable h JOIN pg_class c ON c.oid = h.relation JOIN pg_namespace n ON n.oid = c.relnamespace;

CREATE FUNCTION hypertable_size(hypertable regclass) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT pg_total_relation_size(hypertable) $$;

CREATE FUNCTION approximate_row_count(relation regclass) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = relation $$;

-- Buckets ---------------------------------------------------------------------------------------------------------------
-- As in TimescaleDB, buckets begin at Monday 2000-01-03, those of months and years at 2000-01-01, unless an origin is given.

CREATE FUNCTION _plain_postgresql.bucket(width interval, at timestamp, origin timestamp) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    months integer := extract(year FROM width)::integer * 12 + extract(month FROM width)::integer;
    since integer;
BEGIN
    IF months = 0 THEN
        RETURN date_bin(width, at, origin);
    END IF;
    IF width <> make_interval(months => months) THEN
        RAISE EXCEPTION 'month intervals cannot have day or time component' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    since := (extract(year FROM at)::integer - extract(year FROM origin)::integer) * 12
             + extract(month FROM at)::integer - extract(month FROM origin)::integer;
    RETURN date_trunc('month', origin) + make_interval(months => floor(since::numeric / months)::integer * months);
END $$;

CREATE FUNCTION _plain_postgresql.origin(width interval) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN extract(year FROM width) * 12 + extract(month FROM width) = 0
                THEN timestamp '2000-01-03' ELSE timestamp '2000-01-01' END $$;

CREATE FUNCTION time_bucket(bucket_width interval, ts timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT _plain_postgresql.bucket(bucket_width, ts, _plain_postgresql.origin(bucket_width)) $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT time_bucket(bucket_width, ts AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT time_bucket(bucket_width, ts::timestamp)::date $$;

CREATE FUNCTION time_bucket(bucket_width interval, ts timestamp, origin timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT _plain_postgresql.bucket(bucket_width, ts, origin) $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts timestamptz, origin timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT _plain_postgresql.bucket(
    bucket_width, ts AT TIME ZONE 'UTC', origin AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts date, origin date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT _plain_postgresql.bucket(bucket_width, ts::timestamp, origin::timestamp)::date $$;

CREATE FUNCTION time_bucket(bucket_width interval, ts timestamp, "offset" interval) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT time_bucket(bucket_width, ts - "offset") + "offset" $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts timestamptz, "offset" interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT time_bucket(bucket_width, ts - "offset") + "offset" $$;

-- Buckets of a time zone: where the clock changes, a day has 23 or 25 hours.
CREATE FUNCTION time_bucket(
    bucket_width interval, ts timestamptz, timezone text, origin timestamptz DEFAULT NULL,
    "offset" interval DEFAULT NULL
) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (_plain_postgresql.bucket(
        bucket_width, (ts AT TIME ZONE timezone) - coalesce("offset", '0'),
        coalesce(origin AT TIME ZONE timezone, _plain_postgresql.origin(bucket_width))
    ) + coalesce("offset", '0')) AT TIME ZONE timezone $$;

CREATE FUNCTION time_bucket(bucket_width bigint, ts bigint, "offset" bigint DEFAULT 0) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF bucket_width <= 0 THEN
        RAISE EXCEPTION 'period must be greater than 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN floor((ts - "offset")::numeric / bucket_width)::bigint * bucket_width + "offset";
END $$;
CREATE FUNCTION time_bucket(bucket_width integer, ts integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT time_bucket(bucket_width::bigint, ts::bigint)::integer $$;

-- The value at the first and at the last time ---------------------------------------------------------------------------
-- The state is the time and the value as text; a row without a time does not count, a value may be NULL.

DO $do$
DECLARE
    time_type text;
    choice record;
BEGIN
    FOREACH time_type IN ARRAY ARRAY['timestamptz', 'timestamp', 'date', 'bigint', 'double precision'] LOOP
        FOR choice IN SELECT * FROM (VALUES ('first', '<'), ('last', '>')) AS names (name, sooner) LOOP
            EXECUTE format($sql$
                CREATE FUNCTION _plain_postgresql.%1$s_step(state text[], value anyelement, at %2$s) RETURNS text[]
                LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
                BEGIN
                    IF at IS NOT NULL AND (state IS NULL OR at %3$s state[1]::%2$s) THEN
                        RETURN ARRAY[at::text, value::text];
                    END IF;
                    RETURN state;
                END $body$;
                CREATE FUNCTION _plain_postgresql.%1$s_value(state text[], value anyelement, at %2$s) RETURNS anyelement
                LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
                DECLARE
                    result value%%TYPE := state[2];
                BEGIN
                    RETURN result;
                END $body$;
                CREATE AGGREGATE %1$s(value anyelement, "time" %2$s) (
                    SFUNC = _plain_postgresql.%1$s_step, STYPE = text[],
                    FINALFUNC = _plain_postgresql.%1$s_value, FINALFUNC_EXTRA
                )$sql$, choice.name, time_type, choice.sooner);
        END LOOP;
    END LOOP;
END $do$;

-- How often a value falls into each of equal buckets; the first and the last count what is below and above.
CREATE FUNCTION _plain_postgresql.histogram_step(
    state integer[], value double precision, min double precision, max double precision, nbuckets integer
) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    bucket integer;
BEGIN
    state := coalesce(state, array_fill(0, ARRAY[nbuckets + 2]));
    IF value IS NOT NULL THEN
        bucket := width_bucket(value, min, max, nbuckets) + 1;
        state[bucket] := state[bucket] + 1;
    END IF;
    RETURN state;
END $$;
CREATE AGGREGATE histogram(double precision, double precision, double precision, integer) (
    SFUNC = _plain_postgresql.histogram_step, STYPE = integer[]
);

-- What plain PostgreSQL does not have -----------------------------------------------------------------------------------
-- Each is there under its own signature, so that it can be found, and says which provider has it. An argument that takes
-- an interval or an integer in TimescaleDB is `anyelement`; for a bare literal there is a second function with `text`.

DO $do$
DECLARE
    absent record;
    variant text;
BEGIN
    FOR absent IN SELECT * FROM (VALUES
        ('FUNCTION', 'add_retention_policy', 'relation regclass, drop_after anyelement, if_not_exists boolean DEFAULT false, '
            'schedule_interval interval DEFAULT NULL, initial_start timestamptz DEFAULT NULL, timezone text DEFAULT NULL'),
        ('FUNCTION', 'add_compression_policy', 'hypertable regclass, compress_after anyelement, if_not_exists boolean '
            'DEFAULT false, schedule_interval interval DEFAULT NULL, initial_start timestamptz DEFAULT NULL, '
            'timezone text DEFAULT NULL'),
        ('PROCEDURE', 'add_columnstore_policy', 'hypertable regclass, after anyelement, if_not_exists boolean DEFAULT false, '
            'schedule_interval interval DEFAULT NULL, initial_start timestamptz DEFAULT NULL, timezone text DEFAULT NULL'),
        ('FUNCTION', 'add_continuous_aggregate_policy', 'continuous_aggregate regclass, start_offset anyelement, '
            'end_offset anyelement, schedule_interval interval, if_not_exists boolean DEFAULT false, '
            'initial_start timestamptz DEFAULT NULL, timezone text DEFAULT NULL'),
        ('FUNCTION', 'add_reorder_policy', 'hypertable regclass, index_name name, if_not_exists boolean DEFAULT false'),
        ('FUNCTION', 'remove_retention_policy', 'relation regclass, if_exists boolean DEFAULT false'),
        ('FUNCTION', 'remove_compression_policy', 'hypertable regclass, if_exists boolean DEFAULT false'),
        ('FUNCTION', 'remove_continuous_aggregate_policy', 'continuous_aggregate regclass, if_exists boolean DEFAULT false'),
        ('PROCEDURE', 'remove_columnstore_policy', 'hypertable regclass, if_exists boolean DEFAULT false'),
        ('PROCEDURE', 'refresh_continuous_aggregate', 'continuous_aggregate regclass, window_start anyelement, '
            'window_end anyelement, force boolean DEFAULT false'),
        ('FUNCTION', 'add_job', 'proc regproc, schedule_interval interval, config jsonb DEFAULT NULL'),
        ('FUNCTION', 'delete_job', 'job_id integer'),
        ('PROCEDURE', 'run_job', 'job_id integer'),
        ('FUNCTION', 'by_hash', 'column_name name, number_partitions integer'),
        ('FUNCTION', 'add_dimension', 'hypertable regclass, dimension _plain_postgresql.dimension_info'),
        ('FUNCTION', 'set_chunk_time_interval', 'hypertable regclass, chunk_time_interval anyelement'),
        ('FUNCTION', 'show_chunks', 'relation regclass'),
        ('FUNCTION', 'show_chunks', 'relation regclass, older_than anyelement'),
        ('FUNCTION', 'show_chunks', 'relation regclass, older_than anyelement, newer_than anyelement'),
        ('FUNCTION', 'drop_chunks', 'relation regclass, older_than anyelement'),
        ('FUNCTION', 'drop_chunks', 'relation regclass, older_than anyelement, newer_than anyelement'),
        ('FUNCTION', 'compress_chunk', 'uncompressed_chunk regclass, if_not_compressed boolean DEFAULT true'),
        ('FUNCTION', 'decompress_chunk', 'uncompressed_chunk regclass, if_compressed boolean DEFAULT true'),
        ('PROCEDURE', 'convert_to_columnstore', 'chunk regclass, if_not_columnstore boolean DEFAULT true'),
        ('PROCEDURE', 'convert_to_rowstore', 'chunk regclass, if_columnstore boolean DEFAULT true'),
        ('FUNCTION', 'chunks_detailed_size', 'hypertable regclass'),
        ('FUNCTION', 'hypertable_detailed_size', 'hypertable regclass'),
        ('FUNCTION', 'hypertable_compression_stats', 'hypertable regclass'),
        ('FUNCTION', 'hypertable_columnstore_stats', 'hypertable regclass'),
        ('FUNCTION', 'chunk_compression_stats', 'hypertable regclass'),
        ('FUNCTION', 'time_bucket_gapfill', 'bucket_width interval, ts timestamptz, start timestamptz DEFAULT NULL, '
            'finish timestamptz DEFAULT NULL'),
        ('FUNCTION', 'time_bucket_gapfill', 'bucket_width interval, ts timestamp, start timestamp DEFAULT NULL, '
            'finish timestamp DEFAULT NULL'),
        ('FUNCTION', 'time_bucket_gapfill', 'bucket_width interval, ts timestamptz, timezone text, start timestamptz '
            'DEFAULT NULL, finish timestamptz DEFAULT NULL'),
        ('FUNCTION', 'locf', 'value anyelement'),
        ('FUNCTION', 'locf', 'value anyelement, prev anyelement, treat_null_as_missing boolean DEFAULT false'),
        ('FUNCTION', 'interpolate', 'value double precision')
    ) AS names (kind, name, arguments) LOOP
        FOREACH variant IN ARRAY ARRAY[absent.arguments, replace(absent.arguments, 'anyelement', 'text')] LOOP
            EXECUTE format($sql$
                CREATE OR REPLACE %s %I(%s) %s LANGUAGE plpgsql AS $body$
                BEGIN
                    RAISE EXCEPTION '%s is a function of TimescaleDB, and this server is plain PostgreSQL'
                        USING ERRCODE = 'feature_not_supported',
                              HINT = 'The providers docker and attach have it: start("timescaledb", provider="docker").';
                END $body$ $sql$,
                absent.kind, absent.name, variant,
                CASE absent.kind WHEN 'FUNCTION' THEN 'RETURNS double precision' ELSE '' END, absent.name);
        END LOOP;
    END LOOP;
END $do$;
