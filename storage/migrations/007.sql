-- Minutes of trunks alone, of destinations alone, and of all: the few that an overview reads, without the many
-- of each trunk with each destination that lie between them.
CREATE INDEX kpis_single ON kpis (id, trunk, direction, destination, attempts, answered, failure, nos,
    ner_ratio, ended, duration_s, one_way, judged) WHERE trunk IS NULL OR destination IS NULL;
