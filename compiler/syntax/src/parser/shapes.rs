//! The shape of the values in a keyspace: `value …`.

use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Clause, ClauseKind, Shape, ShapeKind, Stated, Statement};

impl Reader<'_> {
    /// `value …`. What belongs to a stream, in its block or after it, becomes clauses of the keyspace.
    pub(super) fn value_clause(
        &mut self,
        mut kids: Kids<'_>,
        hoisted: &mut Vec<Stated>,
    ) -> Option<ClauseKind> {
        let shape = self.shape(kids.next()?, hoisted)?;
        while let Some(pair) = kids.next() {
            let span = self.span(&pair);
            let kind = Statement::Clause(self.clause(pair, &mut Vec::new())?);
            hoisted.push(Stated { docs: Default::default(), span, kind });
        }
        Some(ClauseKind::Value(shape))
    }

    fn shape(&mut self, pair: Pair<'_>, hoisted: &mut Vec<Stated>) -> Option<Shape> {
        let span = self.span(&pair);
        let mut kids = Kids::of(pair);
        let first = kids.next()?;
        let kind = match first.as_rule() {
            Rule::sorted => {
                let mut kids = Kids::of(first);
                let of = self.ty(kids.next()?)?;
                let by = match kids.take(Rule::sorted_by) {
                    Some(pair) => Some(self.ty(pair.into_inner().next()?)?),
                    None => None,
                };
                let descending = kids.take(Rule::direction).is_some_and(|pair| pair.as_str() == "desc");
                ShapeKind::SortedSet { of, by, descending }
            }
            Rule::of => {
                let mut kids = Kids::of(first);
                let kind = kids.next()?;
                let ty = self.ty(kids.next()?)?;
                match kind.as_str() {
                    "list" => ShapeKind::List(ty),
                    "set" => ShapeKind::Set(ty),
                    "geo" => ShapeKind::Geo(ty),
                    _ => ShapeKind::Bloom(ty),
                }
            }
            Rule::block_kind => {
                let mut body = self.body(kids.next()?);
                match first.as_str() {
                    "json" => ShapeKind::Json(body),
                    "document" => ShapeKind::Document(body),
                    "hash" => ShapeKind::Hash(body),
                    _ => {
                        let (clauses, fields) = std::mem::take(&mut body.statements)
                            .into_iter()
                            .partition::<Vec<_>, _>(|stated| is_of_stream(&stated.kind));
                        hoisted.extend(clauses);
                        body.statements = fields;
                        ShapeKind::Stream(body)
                    }
                }
            }
            Rule::bare_kind => match first.as_str() {
                "counter" => ShapeKind::Counter,
                "bitmap" => ShapeKind::Bitmap,
                "hyperloglog" => ShapeKind::HyperLogLog,
                _ => ShapeKind::TimeSeries,
            },
            _ => ShapeKind::Scalar(self.ty(first)?),
        };
        Some(Shape { span, kind })
    }
}

fn is_of_stream(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Clause(Clause { kind: ClauseKind::Groups(_) | ClauseKind::DeadLetter(_), .. })
    )
}
