# How the kernel image, drivers and tests are compiled.
#
# The kernel comes in two builds of the same sources, see DESIGN's "image":
#   plain   no checks beyond FreeBSD's release kernel
#   debug   INVARIANTS, WITNESS and EPOCH_TRACE
# Whatever includes a KPI header must be compiled with the options of the
# kernel that it is linked with; the targets carry them as usage requirements.

set(VNETSIM_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
set(VNETSIM_KERNEL_OPTIONS _KERNEL VIMAGE SMP INET INET6)
set(VNETSIM_DEBUG_OPTIONS INVARIANTS INVARIANT_SUPPORT WITNESS EPOCH_TRACE)

# vnetsim_add_driver(NAME SOURCES...): a driver compiled into the kernel image
# but loaded and unloaded as the kld NAME.
function(vnetsim_add_driver name)
    set_property(GLOBAL APPEND PROPERTY VNETSIM_DRIVERS ${name})
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    set_property(GLOBAL PROPERTY VNETSIM_DRIVER_${name} ${ARGN})
endfunction()

# vnetsim_add_module(NAME SOURCES...): a user's driver as a shared object, one
# for each kernel: NAME and NAME-debug, both being the kld NAME.
function(vnetsim_add_module name)
    foreach(kernel plain debug)
        if(kernel STREQUAL plain)
            set(target ${name})
            set(lib vnetsim)
        else()
            set(target ${name}-debug)
            set(lib vnetsim-debug)
        endif()
        add_library(${target} MODULE ${ARGN})
        set_target_properties(${target} PROPERTIES PREFIX "")
        target_compile_definitions(${target} PRIVATE KLD_NAME=${name}
            KLD_MODULE KPI_DRIVER)
        target_link_libraries(${target} PRIVATE vnetsim::${lib})
    endforeach()
endfunction()
