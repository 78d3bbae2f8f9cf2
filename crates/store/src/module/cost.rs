//! What an expression may cost: CEL has no loops, but its macros walk lists, and one inside another multiplies.
use cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// Macros that walk a list (`all`, `exists`, `exists_one`, `map`, `filter`) may stand so deep inside each other.
pub(super) const MAX_NESTED: usize = 2;
/// An expression has at most so many of them in all.
pub(super) const MAX_WALKS: usize = 8;

/// Refuses an expression that could take long; the error is a sentence.
pub(super) fn check(expression: &Expr) -> Result<(), String> {
    let mut walks = 0;
    let nested = depth(expression, &mut walks);
    if nested > MAX_NESTED {
        let message = "all, exists, exists_one, map and filter may stand at most";
        return Err(format!(
            "too costly: {message} {MAX_NESTED} deep inside each other, here they stand {nested} deep"
        ));
    }
    if walks > MAX_WALKS {
        let message = "lists are walked by all, exists, exists_one, map and filter at most";
        return Err(format!(
            "too costly: {message} {MAX_WALKS} times, here {walks} times; split it into several checks"
        ));
    }
    Ok(())
}

/// How many walks run inside each other; each is counted in `walks`.
fn depth(expression: &Expr, walks: &mut usize) -> usize {
    let mut of =
        |parts: &mut dyn Iterator<Item = &IdedExpr>| parts.map(|part| depth(&part.expr, walks)).max().unwrap_or(0);
    match expression {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => 0,
        Expr::Call(call) => of(&mut call.target.iter().map(AsRef::as_ref).chain(&call.args)),
        Expr::List(list) => of(&mut list.elements.iter()),
        Expr::Select(select) => of(&mut std::iter::once(select.operand.as_ref())),
        Expr::Map(map) => of(&mut map.entries.iter().flat_map(|entry| parts_of(&entry.expr))),
        Expr::Struct(object) => of(&mut object.entries.iter().flat_map(|entry| parts_of(&entry.expr))),
        Expr::Comprehension(walk) => {
            // The list is made once; what stands in the loop runs for each of its items.
            let list = of(&mut std::iter::once(&walk.iter_range));
            let inner = of(&mut [&walk.accu_init, &walk.loop_cond, &walk.loop_step, &walk.result].into_iter());
            *walks += 1;
            list.max(inner + 1)
        }
    }
}

fn parts_of(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

#[cfg(test)]
mod tests {
    use super::super::Expression;

    #[test]
    fn walks_inside_each_other_are_limited() {
        for good in [
            "a.all(x, x > 1)",
            "a.all(x, b.exists(y, y == x))",
            "a.map(x, x + 1).filter(x, x > 2).all(x, x < 9)",
            "size(a.filter(x, b.exists_one(y, y == x))) > 1 && c.all(x, x != '')",
        ] {
            assert!(Expression::compile(good).is_ok(), "{good}");
        }
        for bad in [
            "a.all(x, a.all(y, a.all(z, x + y > z)))",
            "a.map(x, {'k': a.filter(y, a.exists(z, z == y))}).size() > 1",
            "a.exists_one(x, (x > 1 ? a.map(y, [a.map(z, z)]) : [[a]]) == [])",
            "a.all(x, true) && a.all(x, true) && a.all(x, true) && a.all(x, true) && a.all(x, true) && a.all(x, true) && a.all(x, true) && a.all(x, true) && a.all(x, true)",
        ] {
            let error = Expression::compile(bad).unwrap_err();
            assert!(error.starts_with("too costly"), "{bad}: {error}");
        }
    }
}
