# How the kernel image, drivers and tests are compiled.
#
# The kernel comes in three builds of the same sources, see DESIGN's "image":
#   plain         no checks beyond FreeBSD's release kernel
#   debug         INVARIANTS, WITNESS and EPOCH_TRACE
#   instrumented  debug, and each memory access is announced to the explorer
# Whatever includes a KPI header must be compiled with the options of the
# kernel that it is linked with; the targets carry them as usage requirements.

set(VNETSIM_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
set(VNETSIM_KERNEL_OPTIONS _KERNEL VIMAGE SMP INET INET6)
set(VNETSIM_DEBUG_OPTIONS INVARIANTS INVARIANT_SUPPORT WITNESS EPOCH_TRACE)

# The compiler's instrumentation for thread sanitizers, which src/explore
# answers: so never at link time, which would bring in libtsan.  Optimisation
# must not merge two reads of a word that somebody may write in between; clang
# has no switch for that but -O0.  Calls that libc answers must stay calls, to
# be seen: see VNETSIM_INSTRUMENT_CALLS.
set(VNETSIM_INSTRUMENT -fsanitize=thread -fno-builtin
    $<$<C_COMPILER_ID:GNU>:-Og> $<$<C_COMPILER_ID:GNU>:-fno-tree-fre>
    $<$<C_COMPILER_ID:GNU>:-fno-tree-dominator-opts>
    $<$<C_COMPILER_ID:GNU>:-fno-tree-dse> $<$<C_COMPILER_ID:GNU>:-Wno-tsan>
    "$<$<C_COMPILER_ID:GNU>:SHELL:--param tsan-instrument-func-entry-exit=0>"
    $<$<C_COMPILER_ID:Clang>:-O0>
    "$<$<C_COMPILER_ID:Clang>:SHELL:-mllvm -tsan-instrument-func-entry-exit=0>"
)
# What reads and writes memory inside libc: ours announces, then calls it.
set(VNETSIM_INSTRUMENT_CALLS memcpy memmove memset memcmp strlen strnlen strcmp
    strncmp strchr strrchr strcpy strncpy strlcpy strlcat)
list(TRANSFORM VNETSIM_INSTRUMENT_CALLS PREPEND -Wl,--wrap=
    OUTPUT_VARIABLE VNETSIM_INSTRUMENT_LINK)

# vnetsim_add_driver(NAME SOURCES...): a driver compiled into the kernel image
# but loaded and unloaded as the kld NAME.
function(vnetsim_add_driver name)
    set_property(GLOBAL APPEND PROPERTY VNETSIM_DRIVERS ${name})
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    set_property(GLOBAL PROPERTY VNETSIM_DRIVER_${name} ${ARGN})
endfunction()

# vnetsim_add_module(NAME SOURCES...): a user's driver as a shared object, one
# for each kernel: NAME, NAME-debug and NAME-instrumented, all being the kld
# NAME.
function(vnetsim_add_module name)
    foreach(kernel plain debug instrumented)
        if(kernel STREQUAL plain)
            set(target ${name})
            set(lib vnetsim)
        else()
            set(target ${name}-${kernel})
            set(lib vnetsim-${kernel})
        endif()
        if(NOT TARGET vnetsim::${lib})
            continue()
        endif()
        add_library(${target} MODULE ${ARGN})
        set_target_properties(${target} PROPERTIES PREFIX "")
        target_compile_definitions(${target} PRIVATE KLD_NAME=${name}
            KLD_MODULE KPI_DRIVER)
        target_link_libraries(${target} PRIVATE vnetsim::${lib})
    endforeach()
endfunction()
