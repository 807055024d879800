//! Words of the tree as words of the model.

use crate::DurationUnit;
use crate::entity::OnDelete;
use crate::expr::{BinaryOp, UnaryOp};
use polity_syntax::ast;

impl From<ast::DurationUnit> for DurationUnit {
    fn from(written: ast::DurationUnit) -> Self {
        match written {
            ast::DurationUnit::Milliseconds => Self::Milliseconds,
            ast::DurationUnit::Seconds => Self::Seconds,
            ast::DurationUnit::Minutes => Self::Minutes,
            ast::DurationUnit::Hours => Self::Hours,
            ast::DurationUnit::Days => Self::Days,
            ast::DurationUnit::Weeks => Self::Weeks,
            ast::DurationUnit::Months => Self::Months,
            ast::DurationUnit::Years => Self::Years,
        }
    }
}

impl From<ast::OnDelete> for OnDelete {
    fn from(written: ast::OnDelete) -> Self {
        match written {
            ast::OnDelete::Restrict => Self::Restrict,
            ast::OnDelete::Cascade => Self::Cascade,
            ast::OnDelete::SetNull => Self::SetNull,
        }
    }
}

impl From<ast::UnaryOp> for UnaryOp {
    fn from(written: ast::UnaryOp) -> Self {
        match written {
            ast::UnaryOp::Not => Self::Not,
            ast::UnaryOp::Minus => Self::Minus,
        }
    }
}

impl From<ast::BinaryOp> for BinaryOp {
    fn from(written: ast::BinaryOp) -> Self {
        match written {
            ast::BinaryOp::And => Self::And,
            ast::BinaryOp::Or => Self::Or,
            ast::BinaryOp::Equal => Self::Equal,
            ast::BinaryOp::NotEqual => Self::NotEqual,
            ast::BinaryOp::Less => Self::Less,
            ast::BinaryOp::LessEqual => Self::LessEqual,
            ast::BinaryOp::Greater => Self::Greater,
            ast::BinaryOp::GreaterEqual => Self::GreaterEqual,
            ast::BinaryOp::Matches => Self::Matches,
            ast::BinaryOp::Add => Self::Add,
            ast::BinaryOp::Subtract => Self::Subtract,
            ast::BinaryOp::Multiply => Self::Multiply,
            ast::BinaryOp::Divide => Self::Divide,
            ast::BinaryOp::Modulo => Self::Modulo,
            ast::BinaryOp::Concat => Self::Concat,
        }
    }
}
