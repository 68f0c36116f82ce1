-- A database of version 1 as it was written then. Never edited: migrations are tested on it.
BEGIN TRANSACTION;
CREATE TABLE accounts (
        name TEXT NOT NULL PRIMARY KEY, display TEXT NOT NULL, body TEXT NOT NULL,
        password TEXT NOT NULL, password_at TEXT NOT NULL,
        roles TEXT NOT NULL, industries TEXT NOT NULL, regions TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
        failures INTEGER NOT NULL, locked_until TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER NOT NULL
    );
INSERT INTO "accounts" VALUES('guanli','管理员','','$argon2id$v=19$m=8,t=1,p=1$slVkbzcZdPZufjoGs+rPnA$nsQK4CyfEVQY4k5y4aD2/dKBRy+AG8MMgdB6vqAX/j0','2025-01-06T01:00:00.000000+00:00','["system_admin","security_admin"]','[]','[]','active',0,'','2025-01-06T01:00:00.000000+00:00',1);
INSERT INTO "accounts" VALUES('zonghe','综合','','$argon2id$v=19$m=8,t=1,p=1$slVkbzcZdPZufjoGs+rPnA$nsQK4CyfEVQY4k5y4aD2/dKBRy+AG8MMgdB6vqAX/j0','2025-01-06T01:00:00.000000+00:00','["coordinator"]','[]','[]','active',0,'','2025-01-06T01:00:00.000000+00:00',1);
CREATE TABLE attachments (
        number TEXT NOT NULL REFERENCES cases (number), sha256 TEXT NOT NULL, name TEXT NOT NULL,
        size INTEGER NOT NULL CHECK (size >= 0), added_by TEXT NOT NULL, added_at TEXT NOT NULL,
        PRIMARY KEY (number, sha256)
    );
CREATE TABLE cases (
        number TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL,
        body TEXT NOT NULL, industry TEXT NOT NULL, region TEXT NOT NULL,
        severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 3),
        owner TEXT REFERENCES accounts (name), opened_by TEXT NOT NULL, opened_at TEXT NOT NULL,
        deadline TEXT NOT NULL, changed_at TEXT NOT NULL, ended_at TEXT NOT NULL, episode TEXT NOT NULL,
        origin TEXT NOT NULL, merged_into TEXT REFERENCES cases (number), version INTEGER NOT NULL
    );
INSERT INTO "cases" VALUES('YJ-2025-0001','warning','assigned','家具制造业增加值连续下降','','21','CN',2,'zonghe','system','2025-01-06T01:00:00.000000+00:00','2025-01-13','2025-01-06T01:00:00.000000+00:00','','21|CN','{"rule":"falls"}',NULL,2);
CREATE TABLE journal (
        seq INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
        kind TEXT NOT NULL, object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, note TEXT NOT NULL,
        previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
    );
INSERT INTO "journal" VALUES(1,'2025-01-06T01:00:00.000000+00:00','guanli','add','account','guanli','{}','{}','','','23ec6b541d5e2a4df1cadb6031328f40ff688aa41e7431c3b66b4a12436a6a32');
INSERT INTO "journal" VALUES(2,'2025-01-06T01:00:00.000000+00:00','guanli','add','account','zonghe','{}','{}','','23ec6b541d5e2a4df1cadb6031328f40ff688aa41e7431c3b66b4a12436a6a32','abd433ac7ce695cf97e6552aa2595c85da737f9295de22cad4a739d02a2494ac');
INSERT INTO "journal" VALUES(3,'2025-01-06T01:00:00.000000+00:00','system','open','warning','YJ-2025-0001','{}','{"state":"new"}','','abd433ac7ce695cf97e6552aa2595c85da737f9295de22cad4a739d02a2494ac','cc7d8463111c8e12dfc650aaa39cc636e615d70a9116ab5279cd84fef0749b25');
INSERT INTO "journal" VALUES(4,'2025-01-06T01:00:00.000000+00:00','zonghe','assign','warning','YJ-2025-0001','{}','{"owner":"zonghe","state":"assigned"}','','cc7d8463111c8e12dfc650aaa39cc636e615d70a9116ab5279cd84fef0749b25','351fdc4bb89e80a1b185ff3daff3ed3c1ffd0e8c2c7754b7afa2486ab7561e3b');
CREATE TABLE journal_head (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL
    );
INSERT INTO "journal_head" VALUES(1,4,'351fdc4bb89e80a1b185ff3daff3ed3c1ffd0e8c2c7754b7afa2486ab7561e3b');
CREATE TABLE office_version (
    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL, code_version TEXT NOT NULL
);
INSERT INTO "office_version" VALUES(1,'accounts and cases','2025-01-06T01:00:00+00:00','0.1.0');
CREATE TABLE signals (
        number TEXT NOT NULL REFERENCES cases (number), rule TEXT NOT NULL,
        severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 3), problems TEXT NOT NULL,
        first_period TEXT NOT NULL, last_period TEXT NOT NULL, cleared INTEGER NOT NULL, cleared_period TEXT NOT NULL,
        text TEXT NOT NULL, PRIMARY KEY (number, rule)
    );
INSERT INTO "signals" VALUES('YJ-2025-0001','falls',2,'["export"]','2024-11','2024-12',0,'','连续下降');
CREATE INDEX journal_object ON journal (kind, object, seq);
CREATE INDEX cases_kind_state ON cases (kind, state, deadline);
CREATE INDEX cases_episode ON cases (episode);
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal: rows are never changed'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal: rows are never deleted'); END;
CREATE TRIGGER journal_head_no_delete BEFORE DELETE ON journal_head BEGIN SELECT RAISE(ABORT, 'journal_head: rows are never deleted'); END;
CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts: rows are never deleted'); END;
CREATE TRIGGER cases_no_delete BEFORE DELETE ON cases BEGIN SELECT RAISE(ABORT, 'cases: rows are never deleted'); END;
CREATE TRIGGER signals_no_delete BEFORE DELETE ON signals BEGIN SELECT RAISE(ABORT, 'signals: rows are never deleted'); END;
CREATE TRIGGER attachments_no_delete BEFORE DELETE ON attachments BEGIN SELECT RAISE(ABORT, 'attachments: rows are never deleted'); END;
CREATE TRIGGER office_version_no_delete BEFORE DELETE ON office_version BEGIN SELECT RAISE(ABORT, 'office_version: rows are never deleted'); END;
COMMIT;
