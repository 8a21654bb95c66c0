namespace Mlops.Tracking;

internal enum FilterOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    LikeIgnoringCase,
    In,
    NotIn,
}
