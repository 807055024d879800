//! Places on WGS 84, as GeoJSON writes them (RFC 7946): longitude before latitude.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A longitude and a latitude, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct Position {
    longitude: f64,
    latitude: f64,
}

impl Position {
    /// # Errors
    /// Where the longitude is not within 180 degrees or the latitude not within 90.
    pub fn new(longitude: f64, latitude: f64) -> Result<Self, Invalid> {
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(Invalid::new("must have a longitude from -180 to 180 degrees"));
        }
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(Invalid::new("must have a latitude from -90 to 90 degrees"));
        }
        Ok(Self { longitude, latitude })
    }

    #[must_use]
    pub fn longitude(self) -> f64 {
        self.longitude
    }

    #[must_use]
    pub fn latitude(self) -> f64 {
        self.latitude
    }
}

impl TryFrom<[f64; 2]> for Position {
    type Error = Invalid;
    fn try_from([longitude, latitude]: [f64; 2]) -> Result<Self, Invalid> {
        Self::new(longitude, latitude)
    }
}

impl From<Position> for [f64; 2] {
    fn from(position: Position) -> [f64; 2] {
        [position.longitude, position.latitude]
    }
}

/// `geo.point`
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Geometry<Position>", into = "Geometry<Position>")]
pub struct Point(pub Position);

impl Point {
    /// # Errors
    /// As [`Position::new`].
    pub fn new(longitude: f64, latitude: f64) -> Result<Self, Invalid> {
        Position::new(longitude, latitude).map(Self)
    }
}

/// `geo.line`: two positions or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Geometry<Vec<Position>>", into = "Geometry<Vec<Position>>")]
pub struct Line(Vec<Position>);

impl Line {
    /// # Errors
    /// Where there are fewer than two positions.
    pub fn new(positions: Vec<Position>) -> Result<Self, Invalid> {
        if positions.len() < 2 {
            return Err(Invalid::new("must have two positions or more"));
        }
        Ok(Self(positions))
    }

    #[must_use]
    pub fn positions(&self) -> &[Position] {
        &self.0
    }
}

/// `geo.polygon`: an outer ring, then holes. A ring ends where it began and has four positions or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Geometry<Vec<Vec<Position>>>", into = "Geometry<Vec<Vec<Position>>>")]
pub struct Polygon(Vec<Vec<Position>>);

impl Polygon {
    /// # Errors
    /// Where there is no ring, or one is open or has fewer than four positions.
    pub fn new(rings: Vec<Vec<Position>>) -> Result<Self, Invalid> {
        if rings.is_empty() {
            return Err(Invalid::new("must have an outer ring"));
        }
        if rings.iter().any(|ring| ring.len() < 4 || ring.first() != ring.last()) {
            return Err(Invalid::new("must have rings of four positions or more that end where they began"));
        }
        Ok(Self(rings))
    }

    #[must_use]
    pub fn rings(&self) -> &[Vec<Position>] {
        &self.0
    }
}

/// The GeoJSON object around coordinates.
#[derive(Serialize, Deserialize)]
struct Geometry<C> {
    #[serde(rename = "type")]
    kind: Kind,
    coordinates: C,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Kind {
    Point,
    LineString,
    Polygon,
}

macro_rules! geometry {
    ($name:ident, $kind:ident, $coordinates:ty, $new:expr) => {
        impl TryFrom<Geometry<$coordinates>> for $name {
            type Error = Invalid;
            fn try_from(geometry: Geometry<$coordinates>) -> Result<Self, Invalid> {
                if geometry.kind != Kind::$kind {
                    return Err(Invalid::new(concat!("must be a GeoJSON ", stringify!($kind))));
                }
                $new(geometry.coordinates)
            }
        }

        impl From<$name> for Geometry<$coordinates> {
            fn from(geometry: $name) -> Self {
                Self { kind: Kind::$kind, coordinates: geometry.0 }
            }
        }
    };
}

geometry!(Point, Point, Position, |position| Ok(Point(position)));
geometry!(Line, LineString, Vec<Position>, Line::new);
geometry!(Polygon, Polygon, Vec<Vec<Position>>, Polygon::new);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same<T: Serialize + for<'de> Deserialize<'de>>(json: &str) {
        assert_eq!(serde_json::to_string(&serde_json::from_str::<T>(json).unwrap()).unwrap(), json);
    }

    #[track_caller]
    fn refused<T: for<'de> Deserialize<'de>>(json: &str, reason: &str) {
        let error = serde_json::from_str::<T>(json).err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn geojson_is_read_and_written() {
        same::<Point>(r#"{"type":"Point","coordinates":[-17.44,14.69]}"#);
        same::<Line>(r#"{"type":"LineString","coordinates":[[0.0,0.0],[1.0,1.0]]}"#);
        same::<Polygon>(r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]}"#);
    }

    #[test]
    fn the_edges_of_the_world_belong_to_it() {
        Point::new(180.0, -90.0).unwrap();
        assert_eq!(
            Point::new(180.1, 0.0).unwrap_err().reason(),
            "must have a longitude from -180 to 180 degrees"
        );
        assert_eq!(
            Point::new(0.0, -90.1).unwrap_err().reason(),
            "must have a latitude from -90 to 90 degrees"
        );
        assert!(Point::new(f64::NAN, 0.0).is_err());
    }

    #[test]
    fn what_is_no_such_place_is_refused() {
        refused::<Point>(r#"{"type":"Point","coordinates":[200,0]}"#, "longitude");
        refused::<Point>(r#"{"type":"LineString","coordinates":[0,0]}"#, "must be a GeoJSON Point");
        refused::<Point>(r#"{"type":"Point","coordinates":[0,0,0]}"#, "trailing characters");
        refused::<Line>(r#"{"type":"LineString","coordinates":[[0,0]]}"#, "two positions");
        refused::<Polygon>(r#"{"type":"Polygon","coordinates":[]}"#, "outer ring");
        refused::<Polygon>(
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#,
            "end where they began",
        );
    }
}
