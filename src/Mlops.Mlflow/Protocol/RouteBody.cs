namespace Mlops.Mlflow;

/// <summary>How the body of a request is read.</summary>
internal enum RouteBody
{
    /// <summary>GET: the query holds the fields. Otherwise a JSON body does.</summary>
    Fields,

    /// <summary>A file, read by the endpoint itself.</summary>
    File,

    /// <summary>Not at all.</summary>
    None,
}
