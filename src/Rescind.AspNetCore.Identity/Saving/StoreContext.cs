using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Rescind.AspNetCore.Identity.Diagnostics;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>The DbContext behind a store of users or roles.</summary>
internal static class StoreContext
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>The context that <paramref name="store"/> has in a property or field; null if the store is none of EF Core.</summary>
    public static DbContext? Of(object store)
    {
        var type = store.GetType();
        var property = type.GetProperties(Members)
            .FirstOrDefault(static property => property.CanRead && property.PropertyType.IsAssignableTo(typeof(DbContext)));
        var field = type.GetFields(Members).FirstOrDefault(static field => field.FieldType.IsAssignableTo(typeof(DbContext)));
        return (property is not null ? property.GetValue(store) : field?.GetValue(store)) as DbContext;
    }

    /// <summary>As <see cref="Of"/>; throws if the saves and transactions of that context cannot be followed.</summary>
    public static DbContext? FollowedOf(object store) => Of(store) switch
    {
        null => null,
        { } context when IsFollowed(context) => context,
        { } other => throw new InvalidOperationException(UserErrors.TransactionUnseen.Sentence(
            $"The options of {other.GetType().Name} are made without the services of the application.")),
    };

    /// <summary>Whether <paramref name="store"/> leaves it to the application to save.</summary>
    public static bool SavesLater(object store) => store.GetType().GetProperty("AutoSaveChanges")?.GetValue(store) is false;

    /// <summary>Whether <paramref name="entity"/> is what <paramref name="context"/> writes; a store may keep it as something else.</summary>
    public static bool Maps(DbContext context, object entity) => context.Model.FindRuntimeEntityType(entity.GetType()) is not null;

    /// <summary>What the database has of <paramref name="entity"/>, in the transaction of the context; null if it has no such row.</summary>
    public static async Task<object?> StoredAsync(DbContext context, object entity) =>
        (await context.Entry(entity).GetDatabaseValuesAsync().ConfigureAwait(false))?.ToObject();

    private static bool IsFollowed(DbContext context) =>
        context.GetService<IDbContextOptions>().FindExtension<CoreOptionsExtension>()?.Interceptors?.OfType<SaveFollower>().Any() is true;
}
