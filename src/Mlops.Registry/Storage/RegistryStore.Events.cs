using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    /// <summary>
    /// Adds an event in the transaction of what it tells of. The number is taken under the lock of the model's row, which is held to the
    /// commit: who reads up to a number has missed nothing before it.
    /// </summary>
    private static void AddEvent(SqlSession session, ModelRow model, RegistryEvent happened)
    {
        long sequence = session.QueryFirst(
            "UPDATE registry_model SET last_event = last_event + 1 WHERE model = @model RETURNING last_event",
            static row => row.GetInt64(0), ("@model", model.Key));
        session.Execute(
            """
            INSERT INTO registry_event (model, sequence, kind, name, number, alias, previous, reference, detail, actor, happened)
            VALUES (@model, @sequence, @kind, @name, @number, @alias, @previous, @reference, @detail, @actor, @happened)
            """,
            ("@model", model.Key), ("@sequence", sequence), ("@kind", (long)happened.Kind), ("@name", model.Name),
            ("@number", (long?)happened.Number), ("@alias", happened.Alias), ("@previous", (long?)happened.Previous),
            ("@reference", happened.Reference), ("@detail", happened.Detail), ("@actor", happened.Actor), ("@happened", happened.Time));
    }
}
