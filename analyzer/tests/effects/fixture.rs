//! The database that the measurements ran on, as a `TestCatalog`.

use zdm_analyzer::catalog::{Constraint, ConstraintKind, Generated, Oid, RelationKind, Size, Volatility};
use zdm_analyzer::testing::TestCatalog;

/// The fixture on one major version, with a comma-separated list of things set up on top.
pub fn fixture(major: u32, setup: &str) -> TestCatalog {
    let mut db = base();
    db.set_major(major);
    for one in setup.split(", ").filter(|one| *one != "-") {
        apply(&mut db, one);
    }
    db
}

fn oid(db: &TestCatalog, name: &str) -> Oid {
    db.oid(name).unwrap_or_else(|| panic!("no relation {name} in the fixture"))
}

fn empty(db: &mut TestCatalog, table: Oid) {
    db.change(table, |relation| relation.size = Size::Bytes(0).into());
}

fn base() -> TestCatalog {
    let mut db = TestCatalog::new();
    db.new_type("mood").new_type("comp");
    db.domain_with_default("dvol", "float8", false, Some("random()")).domain_with_default("dseven", "int", false, Some("7"));
    db.domain("dplain", "int", false).domain("dchk", "int", true).domain("dnn", "int", true);
    db.function("vf", 0, Volatility::Volatile, Some("select 1"));
    db.function("sf", 0, Volatility::Stable, Some("select 1"));
    db.function("imf", 0, Volatility::Immutable, Some("select 1"));

    let r = db.table("r", "id int not null, x int");
    db.index(r, "r_pkey", &["id"], true, true);
    let t = db.table(
        "t",
        "id int not null, a int, a2 int, b text, c varchar(20), cu varchar, n numeric(10,2), nu numeric, ts timestamp(3), tz timestamptz(3), \
         j json, jb jsonb, ch char(10), m mood, arr int[], nn int not null, vb bit varying(10), bt bit(10), iv interval, tm time(3), ci cidr, \
         ine inet, sm smallint, bi bigint, f4 real, u uuid, bo bool, o oid, dt date, x xml",
    );
    db.index(t, "t_pkey", &["id"], true, true);
    for (name, column, unique) in
        [("t_a_idx", "a", false), ("t_b_idx", "b", false), ("t_c_idx", "c", false), ("t_nn_uq", "nn", true), ("t_a2_uq", "a2", true)]
    {
        db.index(t, name, &[column], unique, false);
    }
    let fk = db.table("fk", "id int not null, rid int, rid2 int");
    db.index(fk, "fk_pkey", &["id"], true, true);
    db.foreign_key(fk, "fk_rid_fkey", "rid", r, "id", true);
    let e = db.table("e", "id int not null, rid int");
    db.index(e, "e_pkey", &["id"], true, true);
    empty(&mut db, e);

    let p = partitioned(&mut db, "p", "id int, k int, v text");
    for name in ["p1", "p2", "pd"] {
        let part = db.table(name, "id int, k int, v text");
        db.child(p, part, true, name == "pd");
        if name == "p2" {
            empty(&mut db, part);
        }
    }
    db.partition_by(p, 'r', "k");
    db.table("pc", "id int, k int, v text");
    let np = partitioned(&mut db, "np", "id int, k int, v text");
    let np1 = db.table("np1", "id int, k int, v text");
    db.child(np, np1, true, false);
    db.partition_by(np, 'r', "k");
    let inh = db.table("inh", "id int, a int");
    let inh1 = db.table("inh1", "id int, a int, extra int");
    db.child(inh, inh1, false, false);

    db.view(RelationKind::View, "vw", t, &["id", "a"]);
    let mv = db.view(RelationKind::MaterializedView, "mv", t, &["id", "a"]);
    db.index(mv, "mv_uq", &["id"], true, false);
    db.relation(RelationKind::Sequence, "sq");
    let ul = db.table("ul", "id int");
    db.set_unlogged(ul);
    db.table("dt1", "id int, d dchk");
    db.table("dt2", "id int, d dplain");
    let ct = db.table("ct", "id int, c comp");
    empty(&mut db, ct);
    let trg = db.table("trg", "id int not null");
    db.index(trg, "trg_pkey", &["id"], true, true);
    let gen_table = db.table("gen", "id int, g int not null, st int");
    db.change(gen_table, |relation| {
        let columns = relation.columns.iter_mut();
        columns
            .filter(|column| column.name == "st")
            .for_each(|st| st.generated = Some(Generated { stored: true, reads: Vec::new().into() }));
    });
    let nolog = db.table("nolog", "id int");
    empty(&mut db, nolog);
    db.statistics("st1", t);
    db
}

fn partitioned(db: &mut TestCatalog, name: &str, columns: &str) -> Oid {
    let oid = db.relation(RelationKind::PartitionedTable, name);
    db.columns(oid, columns);
    oid
}

fn not_null(db: &mut TestCatalog, table: &str, name: &str, column: &str, validated: bool) {
    let table = oid(db, table);
    db.change(table, |relation| {
        relation.columns.iter_mut().filter(|one| one.name == column).for_each(|one| one.not_null = true);
        relation.constraints.change(|all| {
            all.push(Constraint {
                name: name.to_owned(),
                kind: ConstraintKind::NotNull,
                validated,
                no_inherit: false,
                columns: vec![column.to_owned()],
                expression: None.into(),
                references: None,
                index: None,
            })
        });
    });
}

fn nk(db: &mut TestCatalog, columns: &str, indexed: bool) -> Oid {
    let table = db.table("nk", columns);
    if indexed {
        db.index(table, "nkx", &["id"], true, false);
    }
    table
}

fn check(db: &mut TestCatalog, table: &str, columns: &[&str], expression: &str, validated: bool) {
    let table = oid(db, table);
    db.check(table, "ck", columns, expression, validated);
}

/// A CHECK on `p` and all its partitions.
fn check_p(db: &mut TestCatalog, expression: &str, validated: bool) {
    for table in ["p", "p1", "p2", "pd"] {
        check(db, table, &["k"], expression, validated);
    }
}

fn apply(db: &mut TestCatalog, setup: &str) {
    let open = setup.starts_with("open ");
    match setup {
        "utc" => {
            db.set_utc(true);
        }
        "no views" => {
            db.drop_views();
        }
        "valid check c" | "open check c" => check(db, "t", &["c"], "(length((c)::text) > 0)", !open),
        "check a is not null" | "open check a is not null" => check(db, "t", &["a"], "(a IS NOT NULL)", !open),
        "check a and b not null" => check(db, "t", &["a", "b"], "((a IS NOT NULL) AND (b IS NOT NULL))", true),
        "check a or b not null" => check(db, "t", &["a", "b"], "((a IS NOT NULL) OR (b IS NOT NULL))", true),
        "check a > 0" | "open check a > 0" => check(db, "t", &["a"], "(a > 0)", !open),
        "check p.k is not null" => check_p(db, "(k IS NOT NULL)", true),
        "open check p.k > 0" => check_p(db, "(k > 0)", false),
        "open not null a" if db.major() >= 18 => not_null(db, "t", "tnn", "a", false),
        "open not null a" => {}
        "not null inh.a" => ["inh", "inh1"].into_iter().for_each(|table| not_null(db, table, "inn", "a", true)),
        "partial index" | "expression index" => {
            let t = oid(db, "t");
            let (name, columns, column): (&str, &[&str], _) =
                if setup == "partial index" { ("pidx", &["a"], "c") } else { ("eix", &[], "c") };
            db.index(t, name, columns, false, false);
            db.change(t, |relation| {
                relation.indexes.change(|all| {
                    all.iter_mut().filter(|index| index.name == name).for_each(|index| {
                        index.partial_or_expression = true;
                        index.expression_columns = vec![column.to_owned()].into();
                    });
                });
            });
        }
        "hash index" => {
            let t = oid(db, "t");
            db.index(t, "hidx", &["c"], false, false);
        }
        "unique bi" => {
            let t = oid(db, "t");
            let index = db.index(t, "uq", &["bi"], true, false);
            db.change(t, |relation| {
                relation.constraints.change(|all| {
                    all.push(Constraint {
                        name: "uq".to_owned(),
                        kind: ConstraintKind::Unique,
                        validated: true,
                        no_inherit: false,
                        columns: vec!["bi".to_owned()],
                        expression: None.into(),
                        references: None,
                        index: Some(index),
                    })
                });
            });
        }
        "virtual column" => {
            let gv = db.table("gv", "id int, st int");
            db.change(gv, |relation| {
                let columns = relation.columns.iter_mut();
                columns
                    .filter(|one| one.name == "st")
                    .for_each(|st| st.generated = Some(Generated { stored: false, reads: Vec::new().into() }));
            });
        }
        "pp" | "pp referenced" => {
            let pp = partitioned(db, "pp", "k int not null");
            let pp1 = db.table("pp1", "k int not null");
            db.child(pp, pp1, true, false);
            empty(db, pp1);
            if setup == "pp referenced" {
                let pf = db.table("pf", "k int");
                db.foreign_key(pf, "pf_k_fkey", "k", pp, "k", true);
                empty(db, pf);
            }
        }
        "open foreign key" => {
            let (fk, r) = (oid(db, "fk"), oid(db, "r"));
            db.foreign_key(fk, "f", "rid2", r, "id", false);
        }
        "nk" => {
            nk(db, "id int, y int", false);
        }
        "nk indexed" => {
            nk(db, "id int, y int", true);
        }
        "nk not null" => {
            nk(db, "id int not null, y int", false);
        }
        "nk not null indexed" => {
            nk(db, "id int not null, y int", true);
        }
        "nk checked indexed" => {
            let table = nk(db, "id int, y int", true);
            db.check(table, "nk_id_check", &["id"], "(id IS NOT NULL)", true);
        }
        "ni" => {
            let table = db.table("ni", "id int, a int");
            empty(db, table);
        }
        "partitioned index" => {
            let (p, parent) = (oid(db, "p"), db.relation(RelationKind::PartitionedIndex, "pix"));
            db.change(parent, |relation| relation.index_of = Some(p));
            for name in ["p1", "p2", "pd"] {
                let table = oid(db, name);
                let index = db.index(table, &format!("{name}_id_idx"), &["id"], false, false);
                db.change(parent, |relation| relation.child_indexes.push(index));
            }
        }
        "pc.k not null" => not_null(db, "pc", "pc_k_nn", "k", true),
        "check pc" | "open check pc" => check(db, "pc", &["k"], "((k IS NOT NULL) AND (k >= 2000) AND (k < 3000))", !open),
        "check pc and pd" => {
            check(db, "pc", &["k"], "((k IS NOT NULL) AND (k >= 2000) AND (k < 3000))", true);
            check(db, "pd", &["k"], "((k IS NOT NULL) AND (NOT ((k >= 2000) AND (k < 3000))))", true);
        }
        "check pc without null" => check(db, "pc", &["k"], "((k >= 2000) AND (k < 3000))", true),
        "check pc narrower" => check(db, "pc", &["k"], "((k IS NOT NULL) AND (2001 <= k) AND (k <= 2500))", true),
        "check pc wider" => check(db, "pc", &["k"], "((k IS NOT NULL) AND (k >= 2000) AND (k <= 3000))", true),
        "check pc function" => check(db, "pc", &["k"], "((k IS NOT NULL) AND (k > f(1)))", true),
        "check pd outside" => check(db, "pd", &["k"], "((k < 2000) OR ((k >= 5000) AND (k < 6000)) OR (k IS NULL))", true),
        "list" => {
            let l = partitioned(db, "l", "k int");
            db.partition_by(l, 'l', "k");
            db.table("lc", "k int");
        }
        "check lc" => check(db, "lc", &["k"], "((k IS NOT NULL) AND (k = ANY (ARRAY[1, 2])))", true),
        "pcd" => {
            db.table("pcd", "id int, k int, v text");
        }
        "index np" | "index np and pc" => {
            let (np, np1) = (oid(db, "np"), oid(db, "np1"));
            db.index(np, "npi", &["id"], false, false);
            db.index(np1, "np1_id_idx", &["id"], false, false);
            if setup == "index np and pc" {
                let pc = oid(db, "pc");
                db.index(pc, "pci", &["id"], false, false);
            }
        }
        "fkp" => {
            let (fkp, r) = (partitioned(db, "fkp", "id int, rid int"), oid(db, "r"));
            db.foreign_key(fkp, "fkp_rid_fkey", "rid", r, "id", true);
            let fkc = db.table("fkc", "id int, rid int");
            db.change(fkc, |relation| relation.rows = Some(50.0)).change(r, |relation| relation.rows = Some(500.0));
        }
        "volatile pv" => {
            db.function("pv", 0, Volatility::Volatile, None);
        }
        "stable pv" => {
            db.function("pv", 0, Volatility::Stable, None);
        }
        _ => {
            let Some(rest) = setup.strip_prefix("tt ") else { panic!("unknown setup {setup}") };
            let (type_text, indexed) = rest.strip_suffix(" indexed").map_or((rest, false), |type_text| (type_text, true));
            let tt = db.table("tt", &format!("id int, a {type_text}"));
            if indexed {
                db.index(tt, "tti", &["a"], false, false);
            }
        }
    }
}
