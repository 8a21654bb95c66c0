using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Which rows a client wants to see.</summary>
internal static class ViewTypes
{
    public static Lifecycle Read(MlflowRequest fields, string name) => fields.Choice(name, ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]) switch
    {
        "DELETED_ONLY" => Lifecycle.Deleted,
        "ALL" => Lifecycle.Any,
        _ => Lifecycle.Active,
    };
}
