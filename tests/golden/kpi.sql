-- kpi.sql - every figure of every row of kpis, counted again from the rows of the calls.
--
-- A row with a column `wrong` is a difference; `compared` says how many values there were. Names of
-- groups: trunk|direction|destination, empty where null.

-- A call in each of its groups.
CREATE TEMP TABLE member AS
SELECT c.*, m.k FROM calls_shown c JOIN (
    SELECT id, '||' AS k FROM calls_shown
    UNION ALL SELECT id, trunk_in || '|in|' FROM calls_shown
    UNION ALL SELECT id, trunk_out || '|out|' FROM calls_shown
    UNION ALL SELECT id, '||' || destination FROM calls_shown
    UNION ALL SELECT id, trunk_in || '|in|' || destination FROM calls_shown
    UNION ALL SELECT id, trunk_out || '|out|' || destination FROM calls_shown
) m ON m.id = c.id WHERE m.k IS NOT NULL;

-- Outcomes by the minute in which they were known.
CREATE TEMP TABLE outcome AS
SELECT k, settled_time - settled_time % 60000000000 AS time, outcome, nos_cause, final_status,
    outcome = 'success' OR coalesce(nos_cause IN ('busy', 'cancel'), 0) OR
        coalesce(final_status IN (480, 603), 0) AS effective,
    CASE WHEN post_dial_delay_ms < 1000 THEN CAST(post_dial_delay_ms / 10 + 0.5 AS INTEGER) * 10
         WHEN post_dial_delay_ms < 5000 THEN 1000 + CAST((post_dial_delay_ms - 1000) / 50 + 0.5 AS INTEGER) * 50
         WHEN post_dial_delay_ms < 30000 THEN 5000 + CAST((post_dial_delay_ms - 5000) / 500 + 0.5 AS INTEGER) * 500
         WHEN post_dial_delay_ms < 180000 THEN 30000 + CAST((post_dial_delay_ms - 30000) / 5000 + 0.5 AS INTEGER) * 5000
         WHEN post_dial_delay_ms IS NOT NULL THEN 180000 END AS pdd
FROM member WHERE outcome IS NOT NULL AND settled_time IS NOT NULL;

-- Answered calls by the minute in which they ended.
CREATE TEMP TABLE ending AS
SELECT k, closed_time - closed_time % 60000000000 AS time,
    CAST(round(duration_ms * 1000) AS INTEGER) AS duration_us, ended_by,
    coalesce(ended_how IN ('bye', 'replaced'), 0) AS completed,
    CAST(mos_lq * 20 + 0.5 AS INTEGER) AS mos,
    one_way IS NOT NULL AND coalesce(media_verdict NOT IN ('unknown', 'capture_blind'), 0) AS judged, one_way
FROM member
WHERE outcome = 'success' AND settled_time IS NOT NULL AND closed_time IS NOT NULL
    AND coalesce(ended_how, '') <> 'interrupted';

CREATE TEMP TABLE counted (k TEXT, time INTEGER, field TEXT, value);

INSERT INTO counted SELECT k, invite_time - invite_time % 60000000000 AS t, 'attempts', count(*)
FROM member WHERE invite_time IS NOT NULL GROUP BY 1, 2;

CREATE TEMP TABLE settled AS
SELECT k, time, count(*) AS n, sum(outcome = 'success') AS answered, sum(outcome = 'failure') AS failure,
    sum(outcome = 'nos') AS nos, coalesce(sum(nos_cause = 'busy'), 0) AS busy,
    coalesce(sum(nos_cause = 'cancel'), 0) AS cancel, coalesce(sum(nos_cause = 'not_found'), 0) AS not_found,
    coalesce(sum(nos_cause = 'other'), 0) AS other, sum(effective) AS effective,
    coalesce(sum(final_status BETWEEN 300 AND 399), 0) AS redirected,
    coalesce(sum(final_status IN (480, 486, 600, 603)), 0) AS refused,
    coalesce(sum(final_status IN (408, 500, 503, 504)), 0) AS ineffective
FROM outcome GROUP BY 1, 2;
INSERT INTO counted
SELECT k, time, 'answered', answered FROM settled UNION ALL SELECT k, time, 'failure', failure FROM settled
UNION ALL SELECT k, time, 'nos', nos FROM settled UNION ALL SELECT k, time, 'nos_busy', busy FROM settled
UNION ALL SELECT k, time, 'nos_cancel', cancel FROM settled
UNION ALL SELECT k, time, 'nos_not_found', not_found FROM settled
UNION ALL SELECT k, time, 'nos_other', other FROM settled
UNION ALL SELECT k, time, 'asr_ratio', answered * 1.0 / n FROM settled
UNION ALL SELECT k, time, 'ner_ratio', effective * 1.0 / n FROM settled
UNION ALL SELECT k, time, 'ser_ratio', answered * 1.0 / (n - redirected) FROM settled WHERE n > redirected
UNION ALL SELECT k, time, 'seer_ratio', (answered + refused) * 1.0 / (n - redirected) FROM settled WHERE n > redirected
UNION ALL SELECT k, time, 'isa_ratio', ineffective * 1.0 / n FROM settled;

CREATE TEMP TABLE ended AS
SELECT k, time, count(*) AS n, sum(completed) AS completed, sum(duration_us) AS us,
    sum(duration_us < 6000000) AS short, coalesce(sum(ended_by = 'caller'), 0) AS by_caller,
    coalesce(sum(ended_by = 'callee'), 0) AS by_callee, sum(judged) AS judged, sum(judged AND one_way) AS one_way
FROM ending GROUP BY 1, 2;
INSERT INTO counted
SELECT k, time, 'ended', n FROM ended UNION ALL SELECT k, time, 'duration_s', us / 1e6 FROM ended
UNION ALL SELECT k, time, 'acd_s', us / 1e6 / n FROM ended UNION ALL SELECT k, time, 'short_calls', short FROM ended
UNION ALL SELECT k, time, 'ended_by_caller', by_caller FROM ended
UNION ALL SELECT k, time, 'ended_by_callee', by_callee FROM ended
UNION ALL SELECT k, time, 'judged', judged FROM ended UNION ALL SELECT k, time, 'one_way', one_way FROM ended;

-- Of all that a minute closed: those that nothing went wrong with for want of an answer.
INSERT INTO counted
SELECT k, time, 'scr_ratio', sum(completed) * 1.0 / sum(n) FROM (
    SELECT k, time, completed, n FROM ended UNION ALL SELECT k, time, 0, failure + nos FROM settled
) GROUP BY 1, 2 HAVING sum(n) > 0;

-- Percentiles: the values in a row, the one at the rank.
CREATE TEMP TABLE pdd AS
SELECT k, time, pdd, row_number() OVER w AS i, count(*) OVER (PARTITION BY k, time) AS n
FROM outcome WHERE pdd IS NOT NULL WINDOW w AS (PARTITION BY k, time ORDER BY pdd);
INSERT INTO counted
SELECT k, time, 'pdd_ms_p50', pdd FROM pdd WHERE i = (n * 50 + 99) / 100
UNION ALL SELECT k, time, 'pdd_ms_p95', pdd FROM pdd WHERE i = (n * 95 + 99) / 100;
CREATE TEMP TABLE mos AS
SELECT k, time, mos, row_number() OVER w AS i, count(*) OVER (PARTITION BY k, time) AS n
FROM ending WHERE mos IS NOT NULL WINDOW w AS (PARTITION BY k, time ORDER BY mos);
INSERT INTO counted
SELECT k, time, 'mos_lq_p50', mos / 20.0 FROM mos WHERE i = (n * 50 + 99) / 100
UNION ALL SELECT k, time, 'mos_lq_p5', mos / 20.0 FROM mos WHERE i = (n * 5 + 99) / 100;

INSERT INTO counted
SELECT k, time, 'responses', '{' || group_concat('"' || final_status || '":' || n) || '}' FROM (
    SELECT k, time, final_status, count(*) AS n FROM outcome WHERE final_status IS NOT NULL
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) GROUP BY 1, 2;
INSERT INTO counted
SELECT k, time, 'pdd_histogram', '{' || group_concat('"' || pdd || '":' || n) || '}' FROM (
    SELECT k, time, pdd, count(*) AS n FROM pdd GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) GROUP BY 1, 2;
INSERT INTO counted
SELECT k, time, 'mos_histogram', '{' || group_concat('"' || printf('%.2f', mos / 20.0) || '":' || n) || '}' FROM (
    SELECT k, time, mos, count(*) AS n FROM mos GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) GROUP BY 1, 2;

-- Answered calls at once, in seconds: both directions of a trunk together.
CREATE TEMP TABLE talk AS
SELECT k, CASE k WHEN '||' THEN '' ELSE coalesce(substr(k, 1, instr(k, '|') - 1), '') END AS lane,
    answer_time / 1000000000 AS a, coalesce(closed_time / 1000000000, 1 << 40) AS e
FROM member WHERE answer_time IS NOT NULL AND (k = '||' OR k LIKE '%|in|' OR k LIKE '%|out|')
    AND (closed_time IS NULL OR closed_time / 1000000000 >= answer_time / 1000000000);
CREATE TEMP TABLE moment AS
SELECT DISTINCT lane, a AS s, a - a % 60 AS minute FROM talk
UNION SELECT lane, time / 1000000000, time / 1000000000
    FROM (SELECT DISTINCT lane FROM talk) JOIN (SELECT DISTINCT time FROM kpis);
CREATE INDEX temp.talk_by_lane ON talk (lane, a, e);
CREATE TEMP TABLE busiest AS
SELECT m.lane, m.minute * 1000000000 AS time, max((SELECT count(*) FROM talk t
    WHERE t.lane = m.lane AND t.a BETWEEN m.s - 3600 AND m.s AND t.e >= m.s)) AS n FROM moment m GROUP BY 1, 2;

-- What is stored, a value a row. Counts of 0 and empty objects are the same as nothing.
CREATE TEMP TABLE row AS SELECT *, coalesce(trunk, '') || '|' || coalesce(direction, '') || '|' || coalesce(destination, '') AS k FROM kpis;
CREATE TEMP TABLE stored (k TEXT, time INTEGER, field TEXT, value);
INSERT INTO stored
SELECT k, time, 'attempts', attempts FROM row UNION ALL SELECT k, time, 'answered', answered FROM row
UNION ALL SELECT k, time, 'failure', failure FROM row UNION ALL SELECT k, time, 'nos', nos FROM row
UNION ALL SELECT k, time, 'nos_busy', nos_busy FROM row UNION ALL SELECT k, time, 'nos_cancel', nos_cancel FROM row
UNION ALL SELECT k, time, 'nos_not_found', nos_not_found FROM row
UNION ALL SELECT k, time, 'nos_other', nos_other FROM row UNION ALL SELECT k, time, 'asr_ratio', asr_ratio FROM row
UNION ALL SELECT k, time, 'ner_ratio', ner_ratio FROM row UNION ALL SELECT k, time, 'ser_ratio', ser_ratio FROM row
UNION ALL SELECT k, time, 'seer_ratio', seer_ratio FROM row UNION ALL SELECT k, time, 'isa_ratio', isa_ratio FROM row
UNION ALL SELECT k, time, 'scr_ratio', scr_ratio FROM row UNION ALL SELECT k, time, 'ended', ended FROM row
UNION ALL SELECT k, time, 'duration_s', duration_s FROM row UNION ALL SELECT k, time, 'acd_s', acd_s FROM row
UNION ALL SELECT k, time, 'short_calls', short_calls FROM row
UNION ALL SELECT k, time, 'ended_by_caller', ended_by_caller FROM row
UNION ALL SELECT k, time, 'ended_by_callee', ended_by_callee FROM row
UNION ALL SELECT k, time, 'judged', judged FROM row UNION ALL SELECT k, time, 'one_way', one_way FROM row
UNION ALL SELECT k, time, 'pdd_ms_p50', pdd_ms_p50 FROM row UNION ALL SELECT k, time, 'pdd_ms_p95', pdd_ms_p95 FROM row
UNION ALL SELECT k, time, 'mos_lq_p50', mos_lq_p50 FROM row UNION ALL SELECT k, time, 'mos_lq_p5', mos_lq_p5 FROM row
UNION ALL SELECT k, time, 'responses', responses FROM row
UNION ALL SELECT k, time, 'pdd_histogram', pdd_histogram FROM row
UNION ALL SELECT k, time, 'mos_histogram', mos_histogram FROM row;
DELETE FROM stored WHERE value IS NULL OR value = '{}' OR (value = 0 AND field NOT LIKE '%\_ratio' ESCAPE '\' AND field NOT LIKE 'pdd%');
DELETE FROM counted WHERE value = 0 AND field NOT LIKE '%\_ratio' ESCAPE '\' AND field NOT LIKE 'pdd%';

SELECT 'stored, not counted' AS wrong, * FROM (SELECT * FROM stored EXCEPT SELECT * FROM counted) ORDER BY time, k;
SELECT 'counted, not stored' AS wrong, * FROM (SELECT * FROM counted EXCEPT SELECT * FROM stored) ORDER BY time, k;
SELECT 'calls at once' AS wrong, r.k, r.time, r.concurrent_max, coalesce(b.n, 0) AS counted FROM row r
LEFT JOIN busiest b ON b.time = r.time AND b.lane = coalesce(r.trunk, '')
WHERE r.destination IS NULL AND r.concurrent_max IS NOT coalesce(b.n, 0);
SELECT 'calls at once of a destination' AS wrong, k, time, concurrent_max, channel_limit FROM row
WHERE destination IS NOT NULL AND (concurrent_max IS NOT NULL OR channel_limit IS NOT NULL);
SELECT 'calls at once, but no row' AS wrong, t.k, t.a FROM talk t WHERE t.e < 1 << 40
    AND NOT EXISTS (SELECT 1 FROM row r WHERE r.k = t.k AND r.time = (t.a - t.a % 60) * 1000000000);
SELECT 'calls at once, but no row in between' AS wrong, t.k, t.a FROM talk t WHERE t.e < 1 << 40 AND (
    SELECT count(*) FROM row r WHERE r.k = t.k AND r.time / 60000000000 BETWEEN t.a / 60 AND t.e / 60) <> t.e / 60 - t.a / 60 + 1;
SELECT 'twice' AS wrong, k, time, count(*) AS n FROM row GROUP BY k, time HAVING count(*) > 1;
SELECT 'window' AS wrong, k, time, window_s FROM row WHERE window_s <> 60 OR time % 60000000000 <> 0;
SELECT (SELECT count(*) FROM stored) + (SELECT count(*) FROM row WHERE destination IS NULL) AS compared,
    (SELECT count(*) FROM row) AS rows, (SELECT count(*) FROM calls_shown) AS calls, (SELECT count(DISTINCT k) FROM row) AS groups;
